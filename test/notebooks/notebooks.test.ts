import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPython } from "../../src/cli/doctor/project";
import { SMALLER, copyWithSolutions, readCells, solutionsOf, textOf } from "./withSolutions";

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

it("runs every solution, and shortens those that still are what it shortens", () => {
  const solutions = names.map((name) => solutionsOf(readCells(join(folder, name))));
  expect(solutions.filter((each) => each.length === 0)).toHaveLength(1); // 11-gpu's are prose.
  const code = solutions.flat().map((each) => each.code);
  for (const [written] of SMALLER) expect(code.filter((text) => text.includes(written))).toHaveLength(1);
});

describe.each(names)("%s", (name) => {
  const source = readCells(join(folder, name));

  it("is stored without outputs, and ends in a summary and exercises with a solution", () => {
    expect(source.flatMap(({ outputs = [] }) => outputs)).toEqual([]);
    const text = source.map((cell) => textOf(cell.source)).join("\n");
    for (const part of [/What you will learn/, /## Summary/, /exercises/i, /<summary>Solution/]) {
      expect(text).toMatch(part);
    }
  });

  it("runs on the kernel, solutions too, without an error or a warning", () => {
    const notebook = copyWithSolutions(join(folder, name), join(results, "with-solutions"));
    const args = ["--to", "notebook", "--execute", "--allow-errors"];
    const limits = ["--ExecutePreprocessor.timeout=600", "--log-level=ERROR"];
    const out = ["--output-dir", results, "--output", name, notebook];
    const { status, stderr } = spawnSync(
      python,
      ["-m", "nbconvert", ...args, ...limits, "--ExecutePreprocessor.kernel_name=layerbook", ...out],
      {
        encoding: "utf8",
        env: { ...process.env, LAYERBOOK_PRESET: PRESET, LAYERBOOK_RUNS: join(results, "runs") },
      },
    );
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const cells = readCells(join(results, name));
    const said = cells.flatMap(({ outputs = [], metadata }, index) =>
      metadata?.tags?.includes("raises-exception") === true
        ? []
        : outputs.flatMap(({ output_type, name: stream, text, ename, evalue }) =>
            output_type === "error" || stream === "stderr"
              ? [`cell ${index}: ${ename ?? ""} ${evalue ?? textOf(text)}`]
              : [],
          ),
    );
    // Notebook 04 explains this line, which is written on processors without AVX-512.
    const isExplained = (line: string): boolean => line.includes("bfloat16: TensorFlow has fast");
    expect(said.filter((line) => !isExplained(line))).toEqual([]);
    for (const { metadata, outputs = [] } of cells) {
      if (metadata?.tags?.includes("raises-exception") !== true) continue;
      expect(outputs.map(({ output_type }) => output_type)).toContain("error");
    }
  });
});
