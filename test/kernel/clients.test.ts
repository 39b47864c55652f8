import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { KERNEL_NODE, KERNEL_SCRIPT, PACKAGE_ROOT } from "./support/kernelScript";

// Common notebook tools, run by their usual commands on the built kernel.

const python = process.env["LAYERBOOK_PYTHON"] ?? join(PACKAGE_ROOT, ".venv", "bin", "python");
const tools = join(PACKAGE_ROOT, ".engine", "notebookTools");
const isThere = existsSync(join(tools, "installed.txt"));
if (!isThere) {
  console.warn(
    "papermill, jupytext, nbmake, nbdime: skipped; node scripts/notebookTools.mjs brings them.",
  );
}

const folder = mkdtempSync(join(tmpdir(), "clients-"));
const plugin = join(folder, "plugin");

afterAll(() => rmSync(folder, { recursive: true }));

interface Ran {
  readonly status: number | null;
  /** Both streams, without colours. */
  readonly said: string;
}

/** Runs `python -m …` in the folder, with the tools and the kernelspec available. */
function run(...args: readonly string[]): Ran {
  const { status, stdout, stderr } = spawnSync(python, ["-m", ...args], {
    cwd: folder,
    encoding: "utf8",
    env: {
      ...process.env,
      HOME: folder,
      PYTHONPATH: [tools, plugin].join(delimiter),
      JUPYTER_PATH: join(folder, "jupyter"),
      LAYERBOOK_HISTORY: join(folder, "history.jsonl"),
      PYTEST_DISABLE_PLUGIN_AUTOLOAD: "",
    },
  });
  return { status, said: stripVTControlCharacters(stdout + stderr) };
}

/** Runs a tool that must succeed and returns its output. */
function succeed(...args: readonly string[]): string {
  const { status, said } = run(...args);
  if (status !== 0) throw new Error(`${args.join(" ")}: ended with ${status}\n${said}`);
  return said;
}

interface Cell {
  readonly cell_type: string;
  readonly source: string | readonly string[];
  readonly metadata: { readonly tags?: readonly string[] };
  readonly outputs?: readonly {
    readonly text?: string | readonly string[];
    readonly data?: { readonly "text/plain"?: string | readonly string[] };
  }[];
}

const kernelspec = {
  name: "layerbook",
  display_name: "TypeScript (layerbook)",
  language: "typescript",
};

function writeNotebook(
  name: string,
  sources: readonly string[],
  metadata: object = { kernelspec },
): void {
  const cells = sources.map((source, index) => ({
    ...{ cell_type: "code", id: `cell-${index}`, source, outputs: [], execution_count: null },
    metadata: /^\/\/ parameters/.test(source) ? { tags: ["parameters"] } : {},
  }));
  const notebook = { nbformat: 4, nbformat_minor: 5, metadata, cells };
  writeFileSync(join(folder, name), JSON.stringify(notebook));
}

function cellsOf(name: string): readonly Cell[] {
  return (JSON.parse(readFileSync(join(folder, name), "utf8")) as { cells: Cell[] }).cells;
}

const sourceOf = ({ source }: Cell): string => [source].flat().join("");

/** What a cell printed, and its value. */
function outputOf(cell: Cell | undefined): string {
  return (cell?.outputs ?? [])
    .flatMap(({ text, data }) => text ?? data?.["text/plain"] ?? [])
    .join("");
}

(isThere ? describe : describe.skip)("notebooks run by", () => {
  beforeAll(() => {
    const spec = join(folder, "jupyter", "kernels", "layerbook");
    mkdirSync(spec, { recursive: true });
    const argv = [KERNEL_NODE, KERNEL_SCRIPT, "{connection_file}"];
    const kernel = { ...kernelspec, argv, interrupt_mode: "message" };
    writeFileSync(join(spec, "kernel.json"), JSON.stringify(kernel));
    succeed(
      ...["pip", "install", "--disable-pip-version-check", "--quiet", "--no-deps"],
      ...["--no-build-isolation", "--no-index", "--target", plugin],
      join(PACKAGE_ROOT, "python", "papermill"),
    );
  });

  describe("papermill", () => {
    const PARAMETERS = `// parameters
let alpha = 1; // how strong
let site: string = "https://one.example"; // where from
const heads = [1];
let note: string | null = null;`;

    it("get parameters as TypeScript, by `papermill in.ipynb out.ipynb -p alpha 5 -k layerbook`", () => {
      writeNotebook("in.ipynb", [
        PARAMETERS,
        "console.log(alpha + 1, site, heads.length, note, rate, options.deep);",
        "trainingCurves([{ model: 'unet', epochs: Array.from({ length: 400 }, (_, i) => ({ epoch: i + 1, loss: Math.exp(-i / (100 * alpha)) })) }])",
      ]);
      const given =
        "{rate: 0.001, options: {deep: [1, two]}, heads: [2, 3, 4], note: 'say \"hi\"'}";
      const said = succeed(
        ...["papermill", "in.ipynb", "out.ipynb", "-p", "alpha", "5"],
        ...["-p", "site", "größe // x", "-y", given, "-k", "layerbook"],
      );
      const [, injected, printed] = cellsOf("out.ipynb");
      expect(injected?.metadata.tags).toEqual(["injected-parameters"]);
      expect(injected && sourceOf(injected).trim().split("\n")).toEqual([
        "// Parameters",
        "let rate = 0.001;",
        'let options = {"deep": [1, "two"]};',
        "let heads = [2, 3, 4];",
        'let note = "say \\"hi\\"";',
        "let alpha = 5;",
        'let site = "größe // x";',
      ]);
      expect(outputOf(printed)).toBe(`6 größe // x 3 say "hi" 0.001 [ 1, 'two' ]\n`);
      expect(said).not.toMatch(/introspection|unknown parameter: (alpha|site|heads|note)/i);
    });

    it("list their parameters with --help-notebook", () => {
      const said = succeed("papermill", "--help-notebook", "in.ipynb");
      expect(said).toMatch(/alpha: .*default 1\).*how strong/s);
      expect(said).toMatch(/site: string \(default "https:\/\/one\.example"\).*where from/s);
      expect(said).toMatch(/note: string \| null \(default null\)/);
    });

    it("refuse names and numbers that TypeScript cannot represent", () => {
      const prepare = (...given: string[]): Ran =>
        run("papermill", "in.ipynb", "never.ipynb", "--prepare-only", "-k", "layerbook", ...given);
      expect(prepare("-p", "learning-rate", "1")).toMatchObject({
        status: 1,
        said: expect.stringContaining(
          "'learning-rate': expected a name that TypeScript can declare",
        ) as unknown,
      });
      expect(prepare("-y", "{seeds: [9007199254740993]}")).toMatchObject({
        status: 1,
        said: expect.stringContaining("expected an integer of at most 9007199254740991") as unknown,
      });
      expect(existsSync(join(folder, "never.ipynb"))).toBe(false);
    });
  });

  describe("jupytext", () => {
    const SCRIPT = `// %% [markdown]
// # How far
// A list.

// %%
interface Slice {
  readonly z: number;
}
const slices: Slice[] = [{ z: 2 }, { z: 5 }];

// %%
slices.map(({ z }) => z * 2)
`;

    it("from a script in percent format, by --execute, and back to the same script", () => {
      writeFileSync(join(folder, "study.ts"), SCRIPT);
      succeed("jupytext", "--to", "ipynb", "--set-kernel", "layerbook", "--execute", "study.ts");
      const cells = cellsOf("study.ipynb");
      expect(cells.map(({ cell_type }) => cell_type)).toEqual(["markdown", "code", "code"]);
      expect(outputOf(cells[2])).toBe("[ 4, 10 ]");
      succeed("jupytext", "--to", "ts:percent", "--output", "back.ts", "study.ipynb");
      const body = readFileSync(join(folder, "back.ts"), "utf8");
      expect(body).toContain("//     name: layerbook\n");
      expect(body.replace(/^\/\/ ---\n(\/\/.*\n)*?\/\/ ---\n\n/, "")).toBe(SCRIPT);
    });

    it("with the kernel's magics as they were typed", () => {
      writeNotebook("magics.ipynb", ["%strict\nlet a: number | undefined;", "a?"]);
      succeed("jupytext", "--to", "ts:percent", "magics.ipynb");
      succeed("jupytext", "--to", "ipynb", "--output", "again.ipynb", "magics.ts");
      expect(cellsOf("again.ipynb").map(sourceOf)).toEqual(cellsOf("magics.ipynb").map(sourceOf));
    });
  });

  describe("nbmake", () => {
    it("pass and fail as tests of pytest, with the error in the report", () => {
      writeNotebook("good.ipynb", ["const one: number = 1;", "one + 1"]);
      writeNotebook("bad.ipynb", ["const one: number = 1;", "const two: number = 'two';"]);
      const { status, said } = run(
        ...["pytest", "-p", "no:cacheprovider", "--nbmake", "good.ipynb", "bad.ipynb"],
      );
      expect(status).toBe(1);
      expect(said).toMatch(/1 failed, 1 passed/);
      expect(said).toContain("TS2322");
    });
  });

  describe("nbdime", () => {
    it("differ only in what a reader changed: equal figures do not, nor do other ones with -O", () => {
      const notebook = readFileSync(join(folder, "out.ipynb"), "utf8");
      expect(notebook).toContain("application/vnd.plotly.v1+json");
      const diff = (other: string, ...options: readonly string[]): string => {
        writeFileSync(join(folder, "edited.ipynb"), other);
        return run("nbdime.nbdiffapp", "--no-color", ...options, "out.ipynb", "edited.ipynb").said;
      };
      const said = diff(notebook.replace("alpha + 1, site", "alpha + 2, site"));
      expect(said).toMatch(/\n\+ +console\.log\(alpha \+ 2, site/);
      expect(said.split("\n").length).toBeLessThan(20);
      const redrawn = notebook.replace(/(?<="y": \[\n)[^\]]*/, (all) => all.replace(/0\./g, "1."));
      expect(redrawn).not.toBe(notebook);
      expect(diff(redrawn, "-O")).toBe("");
    });
  });
});
