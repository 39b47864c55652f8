import path from "node:path";
import vm from "node:vm";
import * as tf from "@tensorflow/tfjs";
import ts from "typescript";
import * as index from "../src/notebook";
import { loadEngine } from "../src/engine/load";
import type { Claim, Example } from "./support/examples";
import {
  findExamples,
  prepareExample,
  readValue,
  sourceFiles,
  typeErrors,
} from "./support/examples";

const root = path.resolve(__dirname, "..");
const examples = sourceFiles(path.join(root, "src")).flatMap((file) =>
  findExamples(path.relative(root, file), ts.sys.readFile(file) ?? ""),
);
const runnable = examples.filter(({ noRun }) => noRun === null);
const unrun = examples.filter(({ noRun }) => noRun !== null);

function nameOf({ file, line, subject }: Example): string {
  return `${subject} (${file}:${line})`;
}

/** Prints -0 as 0. */
function withoutMinusZero(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  return value === 0 ? 0 : value;
}

function expectClaim({ expression, value, decimals }: Claim, actual: unknown): void {
  const expected: unknown = vm.runInThisContext(`(${value})`);
  const got = withoutMinusZero(actual);
  if (decimals !== null) {
    const [wanted, number] = [expected as number, got as number];
    expect(`${expression} ≈ ${number.toFixed(decimals)}`).toBe(
      `${expression} ≈ ${wanted.toFixed(decimals)}`,
    );
    return;
  }
  expect({ [expression]: got }).toEqual({ [expression]: expected });
}

async function runExample(example: Example): Promise<void> {
  const { script, claims } = prepareExample(example);
  const own = (await import(path.join(root, example.file))) as Record<string, unknown>;
  const scope: Record<string, unknown> = { ...index, ...own, tf };
  let met = 0;
  const claim = (number: number, actual: unknown): void => {
    met += 1;
    const stated = claims[number];
    if (stated !== undefined) expectClaim(stated, actual);
  };
  const names = Object.keys(scope).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
  // An inner function, so that an example may declare a name that is also exported.
  const { outputText } = ts.transpileModule(`(async () => {\n${script}\n})()`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const run = vm.compileFunction(`return ${outputText}`, [...names, "claim"]) as (
    ...args: unknown[]
  ) => Promise<void>;
  tf.engine().startScope();
  try {
    await run(...names.map((name) => scope[name]), claim);
  } finally {
    tf.engine().endScope();
  }
  expect(met).toBe(claims.length);
}

describe("@example blocks", () => {
  beforeAll(() => void loadEngine());

  it("are found", () => expect(runnable.length).toBeGreaterThan(50));

  it("pass the type checker", () => expect(typeErrors(root, examples)).toEqual([]), 120_000);

  it.each(runnable.map((example) => [nameOf(example), example] as const))("%s", (_name, example) =>
    runExample(example),
  );

  // Skipped, so that it is visible in every run.
  for (const example of unrun) it.skip(`${nameOf(example)}, no-run: ${example.noRun}`, () => {});

  it("give a reason if they are not run", () => {
    expect(unrun.filter(({ noRun }) => (noRun ?? "").length < 10).map(nameOf)).toEqual([]);
  });
});

describe("the example runner", () => {
  it.each([
    ["[2, 3]", "[2, 3]", null],
    ['"0.37", as NumPy', '"0.37"', null],
    ["-1", "-1", null],
    ["NaN", "NaN", null],
    ["0.8 (of 1)", "0.8", null],
    ["≈ 0.693", "0.693", 3],
    ['{ "text/plain": "scan" }', '{ "text/plain": "scan" }', null],
  ])("reads the value of // %s", (comment, value, decimals) => {
    expect(readValue(comment)).toEqual({ value, decimals });
  });

  it.each(["draws it", "trains", "fit(x)", "3 cases", ""])("finds no value in // %s", (comment) => {
    expect(readValue(comment)).toBeNull();
  });

  it("refuses prose after an expression", () => {
    expect(() => prepareExample({ code: "f(); // draws it" })).toThrow(/no value/);
  });

  it("refuses a value after a declaration", () => {
    expect(() => prepareExample({ code: "const a = f(); // 3" })).toThrow(/make it an expression/);
  });

  it("takes the tags that follow and the closing line out of the block", () => {
    const text = "/**\n * F.\n * @example\n * f(1); // 2\n * @see g\n */\nexport function f() {}";
    expect(findExamples("f.ts", text)).toEqual([
      { file: "f.ts", line: 3, subject: "f", code: "f(1); // 2", noRun: null },
    ]);
  });

  it("notes a reason not to run", () => {
    const text =
      "/**\n * @example no-run: needs a scanner\n * scan();\n */\nexport const scan = () => 1;";
    expect(findExamples("f.ts", text)[0]).toMatchObject({
      noRun: "needs a scanner",
      code: "scan();",
    });
  });
});
