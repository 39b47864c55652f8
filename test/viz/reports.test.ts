import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { readPython } from "../../src/cli/doctor/project";
import { DataError } from "../../src/core/errors";
import { scoreBars } from "../../src/viz";
import { exportNotebook } from "../../src/viz/reports/exportNotebook";
import { reportPage } from "../../src/viz/reports/reportPage";
import { installTemplates } from "../../src/viz/reports/installTemplates";
import { describeSetting } from "../../src/viz/reports/describeSetting";
import { writePage } from "../../src/viz/reports/writePage";
import { LIGHT } from "../../src/viz/svg/markup";

const root = join(__dirname, "..", "..");
const python = readPython(root)?.executable ?? "";
const hasBrowser = existsSync(process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium");
const folder = mkdtempSync(join(tmpdir(), "layerbook-export-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const figure = scoreBars([{ model: "unet", className: "lesion </script>", mean: 0.5, count: 9 }]);

/** A notebook as JupyterLab saves it, with one figure in its outputs. */
function saved(name: string, hasOutputs = true): string {
  const output = {
    output_type: "execute_result",
    data: figure.toMimeBundle(),
    metadata: {},
    execution_count: 1,
  };
  const path = join(folder, name);
  writeFileSync(
    path,
    JSON.stringify({
      cells: [
        {
          cell_type: "markdown",
          metadata: { slideshow: { slide_type: "slide" } },
          source: "# A title",
        },
        {
          cell_type: "code",
          metadata: {},
          execution_count: 1,
          outputs: hasOutputs ? [output] : [],
          source: "scoreBars(scores)",
        },
      ],
      metadata: { kernelspec: { name: "layerbook", display_name: "TypeScript (layerbook)" } },
      nbformat: 4,
      nbformat_minor: 4,
    }),
  );
  return path;
}
const shared = { python, packageRoot: root };
const fetched = /<(?:script|link|img|iframe)[^>]+(?:src|href)="(?:https?:)?\/\/[^"]*"/;

describe("exportNotebook", () => {
  it("keeps the figure as a picture and as data, and loads nothing from the network", async () => {
    const output = join(folder, "page.html");
    await exportNotebook({ ...shared, notebook: saved("one.ipynb"), output });
    const page = readFileSync(output, "utf8");
    expect(page).toMatch(/<figure class="layerbook-figure[^>]*>\s*<svg[^>]*aria-label="U-Net/);
    expect(page).toMatch(/<script type="application\/json">\{"config":/);
    expect(page).toContain("lesion \\u003c/script\\u003e");
    expect(page).toMatch(/<details class="layerbook-code" open(="")?>/);
    expect(page.replace(/<script[^>]*>[\s\S]*?<\/script>/g, "")).not.toMatch(fetched);
  });

  it("writes slides that open offline, without code if requested", async () => {
    const output = join(folder, "talk.html");
    await exportNotebook({
      ...shared,
      notebook: saved("two.ipynb"),
      output,
      to: "slides",
      noCode: true,
    });
    const page = readFileSync(output, "utf8");
    expect(page).toContain("Reveal.initialize");
    expect(page).toMatch(/<section[^>]*>[\s\S]*A title/);
    expect(page).toMatch(/<svg[^>]*aria-label="U-Net/);
    expect(page).not.toContain("scoreBars(scores)");
    expect(page.replace(/<script[^>]*>[\s\S]*?<\/script>/g, "")).not.toMatch(fetched);
  });

  (hasBrowser ? it : it.skip)(
    "writes slides that fill the window",
    async () => {
      const output = join(folder, "seen.html");
      await exportNotebook({ ...shared, notebook: saved("seen.ipynb"), output, to: "slides" });
      const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
      const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
      try {
        const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
        await page.goto(pathToFileURL(output).href);
        await page.waitForSelector(".reveal.ready");
        const box = await page.getByRole("heading", { name: "A title" }).boundingBox();
        expect(box?.width).toBeGreaterThan(500);
        expect(box?.y).toBeGreaterThan(0);
      } finally {
        await browser.close();
      }
    },
    60_000,
  );

  (hasBrowser ? it : it.skip)("prints a PDF", async () => {
    const output = join(folder, "page.pdf");
    await exportNotebook({ ...shared, notebook: saved("three.ipynb"), output, to: "pdf" });
    const bytes = readFileSync(output);
    expect(bytes.subarray(0, 5).toString()).toBe("%PDF-");
    expect(bytes.length).toBeGreaterThan(5_000);
    expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("refuses a notebook without outputs, JSON without cells, and no notebook", async () => {
    const attempt = (notebook: string) =>
      exportNotebook({ ...shared, notebook, output: join(folder, "never.html") });
    await expect(attempt(saved("bare.ipynb", false))).rejects.toThrow(
      /bare\.ipynb: expected a notebook that has been run, got 1 code cells without outputs/,
    );
    writeFileSync(join(folder, "other.ipynb"), "{}");
    await expect(attempt(join(folder, "other.ipynb"))).rejects.toThrow(/JSON without cells/);
    writeFileSync(join(folder, "text.ipynb"), "#");
    await expect(attempt(join(folder, "text.ipynb"))).rejects.toThrow(/a file that is not JSON/);
    await expect(attempt(join(folder, "missing.ipynb"))).rejects.toThrow(DataError);
    expect(existsSync(join(folder, "never.html"))).toBe(false);
  });
});

describe("reportPage", () => {
  const report = {
    title: "U-Net on <ward>",
    headline: "Mean Dice 0.50.",
    sections: [
      {
        heading: "Scores",
        text: ["Dice & friends."],
        html: "<table></table>",
        figures: [{ figure, caption: "Bars." }],
      },
    ],
    footer: [["Seed", "1"]] as const,
  };

  it("is one page that loads nothing from the network, with its figures as pictures and as data", () => {
    const page = reportPage(report, root);
    const visible = page.replace(/<script[^>]*>[\s\S]*?<\/script>/g, "");
    expect(visible).not.toMatch(fetched);
    expect(visible).toContain("<title>U-Net on &lt;ward&gt;</title>");
    expect(visible).toContain("<p>Dice &amp; friends.</p>");
    expect(visible).toMatch(/<figure[^>]*><svg/);
    expect(visible).toMatch(/<dt>Seed<\/dt><dd>1<\/dd>/);
    expect(page).toContain('<script type="application/json">');
  });
});

describe("a page's colours", () => {
  const css = readFileSync(join(root, "templates", "layerbook", "figures.css"), "utf8");

  it("follow the reader's dark scheme on a screen, and never on paper", async () => {
    const output = join(folder, "scheme.html");
    await exportNotebook({ ...shared, notebook: saved("scheme.ipynb"), output });
    const pages = [
      readFileSync(output, "utf8"),
      reportPage({ title: "t", headline: "h", sections: [], footer: [] }, root),
    ];
    for (const page of pages) {
      expect(page).toContain("@media screen and (prefers-color-scheme: dark)");
      expect(page).toContain('.layerbook-figure svg [fill="#333333"]');
      expect(page).not.toMatch(/@media \(prefers-color-scheme: dark\)/);
    }
    expect(pages[0]).toMatch(
      /<style media="screen and \(prefers-color-scheme: dark\)"[^>]*>[\s\S]*--jp-layout-color0: /,
    );
  });

  it("replace those of standalone pictures", () => {
    for (const colour of [LIGHT.text, LIGHT.grid]) expect(css).toContain(`"${colour}"`);
    expect(css).toContain(`rect[fill="${LIGHT.background}"]`);
    expect(figure.svg).toContain(`<rect width="100%" height="100%" fill="${LIGHT.background}"`);
  });

  it("apply to whiskers: a line and its halo, in the colours that hydrate.js looks for", () => {
    const bars = scoreBars([
      { model: "unet", className: "lesion", mean: 0.5, interval: [0.4, 0.6], count: 9 },
    ]);
    const { data } = bars.toMimeBundle()["application/vnd.plotly.v1+json"] as {
      data: readonly { error_y?: { color: string; thickness: number }; offsetgroup?: string }[];
    };
    const [halo, line] = data.map(({ error_y }) => error_y);
    expect(halo?.thickness).toBeGreaterThan(line?.thickness ?? Infinity);
    expect(data[0].offsetgroup).toBe(data[1].offsetgroup);
    const script = readFileSync(join(root, "templates", "layerbook", "hydrate.js"), "utf8");
    expect(script).toContain(`const WHISKER = "${line?.color}"`);
    expect(script).toContain(`const HALO = "${halo?.color}"`);
    // The static picture has one line per bar.
    expect(bars.data).toHaveLength(1);
  });
});

describe("writePage", () => {
  (hasBrowser ? it : it.skip)(
    "prints where the file ends in .pdf, and leaves no page",
    async () => {
      const path = join(folder, "printed.pdf");
      await writePage(path, "<!doctype html><p>One page.</p>");
      expect(readFileSync(path).subarray(0, 5).toString()).toBe("%PDF-");
      expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
    },
  );
});

describe("describeSetting", () => {
  it("lists settings in readable form", () => {
    expect(describeSetting({ filters: 8, levels: [2, 3], stem: null })).toBe(
      "filters 8, levels (2, 3)",
    );
    expect([describeSetting(null), describeSetting("adam"), describeSetting(true)]).toEqual([
      ...["not set", "adam", "true"],
    ]);
  });
});

describe("installTemplates", () => {
  it("lets plain nbconvert find the template by its name", () => {
    const data = join(folder, "jupyter");
    installTemplates(root, data);
    const args = ["-m", "nbconvert", "--to", "html", "--template", "layerbook"];
    execFileSync(python, [...args, "--output", "named.html", saved("four.ipynb")], {
      env: { ...process.env, JUPYTER_PATH: data },
      stdio: "ignore",
    });
    const page = readFileSync(join(folder, "named.html"), "utf8");
    expect(page).toMatch(/<figure class="layerbook-figure/);
    expect(page.length).toBeGreaterThan(4e6);
  });
});

describe("nbconvert without our template", () => {
  it.each([
    ["html", "page.html", /<img [^>]*src="data:image\/svg\+xml;base64/],
    ["markdown", "page.md", /!\[svg\]\(page_files\/.*\.svg\)/],
  ])("--to %s includes the figure", (form, name, picture) => {
    execFileSync(
      python,
      ["-m", "nbconvert", "--to", form, "--output", "page", saved(`plain-${form}.ipynb`)],
      { stdio: "ignore" },
    );
    expect(readFileSync(join(folder, name), "utf8")).toMatch(picture);
  });
});
