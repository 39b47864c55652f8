import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPython } from "../../src/cli/doctor/project";

const root = join(__dirname, "..", "..");
const folder = join(root, "notebooks");
const python = readPython(root)?.executable ?? "";
const results = mkdtempSync(join(tmpdir(), "layerbook-notebooks-"));
afterAll(() => rmSync(results, { recursive: true, force: true }));

/** 01 is run by `quickstart.test.ts`, which also checks its page. */
const names = readdirSync(folder).filter(
  (name) => name.endsWith(".ipynb") && name !== "01-quickstart.ipynb",
);

/** The size of all notebooks' trainings in the tests, set only here. */
const PRESET = "smoke";

interface Cell {
  readonly cell_type: string;
  readonly source: string | readonly string[];
  readonly outputs?: readonly {
    readonly output_type: string;
    readonly name?: string;
    readonly text?: string | readonly string[];
    readonly ename?: string;
    readonly evalue?: string;
  }[];
}

function read(path: string): readonly Cell[] {
  return (JSON.parse(readFileSync(path, "utf8")) as { cells: readonly Cell[] }).cells;
}

const textOf = (text: string | readonly string[] = ""): string =>
  typeof text === "string" ? text : text.join("");

describe.each(names)("%s", (name) => {
  const source = read(join(folder, name));

  it("is stored without outputs, and ends in a summary and exercises with a solution", () => {
    expect(source.flatMap(({ outputs = [] }) => outputs)).toEqual([]);
    const text = source.map((cell) => textOf(cell.source)).join("\n");
    for (const part of [/What you will learn/, /## Summary/, /exercises/i, /<summary>Solution/]) {
      expect(text).toMatch(part);
    }
  });

  it("runs on the kernel without an error or a warning", () => {
    const args = ["--to", "notebook", "--execute", "--allow-errors"];
    const limits = ["--ExecutePreprocessor.timeout=600", "--log-level=ERROR"];
    const out = ["--output-dir", results, "--output", name, join(folder, name)];
    const { status, stderr } = spawnSync(
      python,
      ["-m", "nbconvert", ...args, ...limits, "--ExecutePreprocessor.kernel_name=layerbook", ...out],
      {
        encoding: "utf8",
        env: { ...process.env, LAYERBOOK_PRESET: PRESET, LAYERBOOK_RUNS: join(results, "runs") },
      },
    );
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const said = read(join(results, name)).flatMap(({ outputs = [] }, index) =>
      outputs.flatMap(({ output_type, name: stream, text, ename, evalue }) =>
        output_type === "error" || stream === "stderr"
          ? [`cell ${index}: ${ename ?? ""} ${evalue ?? textOf(text)}`]
          : [],
      ),
    );
    expect(said).toEqual([]);
  });
});
