import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPython } from "../../src/cli/doctor/project";
import { copyWithSolutions } from "./withSolutions";
import { NotebookError, exportNotebook } from "../../src/viz/reports/exportNotebook";

const root = join(__dirname, "..", "..");
const python = readPython(root)?.executable ?? "";
const folder = mkdtempSync(join(tmpdir(), "layerbook-notebook-"));
const shared = { python, packageRoot: root, execute: true };

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function notebook(name: string, source: string): string {
  const path = join(folder, name);
  const cell = { cell_type: "code", metadata: {}, execution_count: null, outputs: [], source };
  const kernelspec = { name: "layerbook", display_name: "TypeScript (layerbook)" };
  const content = { cells: [cell], metadata: { kernelspec }, nbformat: 4, nbformat_minor: 4 };
  writeFileSync(path, JSON.stringify(content));
  return path;
}

describe("01-quickstart", () => {
  // Jupyter, the kernel and two small trainings take minutes on a busy machine.
  it("trains preset smoke if there is no run, and is exported to a page that opens offline", async () => {
    const html = join(folder, "quickstart.html");
    await exportNotebook({
      ...shared,
      notebook: copyWithSolutions(join(root, "notebooks", "01-quickstart.ipynb"), folder),
      output: html,
      env: { LAYERBOOK_RUNS: join(folder, "runs") },
    });
    const page = readFileSync(html, "utf8");
    const withoutPlotly = page.replace(/<script\s*>\s*\/\*\*\s*\* plotly\.js[\s\S]*?<\/script>/, "");
    expect(page.length - withoutPlotly.length).toBeGreaterThan(4e6);
    const fetched = /<(?:script|link|img|iframe)[^>]+(?:src|href)="(?:https?:)?\/\/[^"]*"/g;
    expect(withoutPlotly.match(fetched)).toBeNull();
    expect(withoutPlotly.match(/<figure class="layerbook-figure/g)).toHaveLength(3);
    expect(withoutPlotly.match(/<figure class="layerbook-masks/g)).toHaveLength(2);
    expect(withoutPlotly.match(/<figure class="layerbook-viewer/g)).toHaveLength(1);
    // In one sentence: first the result of the full run, then of this one.
    const results = withoutPlotly.match(/reaches a mean Dice of 0\.\d{2,3} over \d+ cases; [^<]+\./g);
    expect(new Set(results).size).toBe(2);
    expect(withoutPlotly.indexOf(results?.[0] ?? "none")).toBeLessThan(withoutPlotly.indexOf("<h2"));
    const stderr = /jupyter\.stderr"[^>]*>\s*<pre>([\s\S]*?)<\/pre>/g;
    expect([...withoutPlotly.matchAll(stderr)].map(([, text]) => text)).toEqual([]);
    for (const model of ["unet", "residualAttentionUnet"]) {
      expect(readdirSync(join(folder, "runs", model))).toContain("run.json");
    }
  }, 600_000);
});

describe("exportNotebook", () => {
  it("says which notebook stopped, and leaves no page", async () => {
    const broken = notebook("broken.ipynb", 'throw new Error("the reason");');
    const html = join(folder, "broken.html");
    const attempt = exportNotebook({ ...shared, notebook: broken, output: html });
    await expect(attempt).rejects.toThrow(NotebookError);
    await expect(attempt).rejects.toThrow(/broken\.ipynb: .*the reason/);
    expect(readdirSync(folder).filter((name) => name.includes("broken.html"))).toEqual([]);
  });
});
