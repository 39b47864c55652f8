import { stripVTControlCharacters } from "node:util";
import { Notebook } from "./support/notebook";

// The first cell loads TypeScript.
let notebook: Notebook;
beforeAll(async () => {
  notebook = new Notebook({ inside: "notebooks" });
  notebook.write(
    "lib/bad.ts",
    `interface Gone {
  readonly a: number;
}

export type Also = Gone | null;

/** Throws. */
export function bad(n: number): never {
  throw new RangeError(\`bad \${n}\`);
}

export const later = async (n: number): Promise<never> => {
  await null;
  return bad(n);
};
`,
  );
  await notebook.value("import { bad, later } from '../lib/bad';");
});
afterAll(() => notebook.close());

/** What a cell prints. */
async function printed(code: string): Promise<string> {
  const { error } = await notebook.run(code);
  if (error !== null) throw new Error(error.traceback.join("\n"));
  return stripVTControlCharacters(notebook.printed());
}

const CAUGHT = `interface Gone { readonly a: 1 }
type Also = Gone;

const caught = (): Error => {
  try {
    return bad(1);
  } catch (error) {
    return error as Error;
  }
};`;

/** The stack of \`caught()\` called on a line of its own, and nothing of the kernel's or Node's. */
const STACK =
  /RangeError: bad 1\n {4}at bad \(\.\.\/lib\/bad\.ts:9:9\)\n {4}at caught \(Cell \[(\d+)\]:6:12\)\n {4}at Cell \[\d+\]:\d+:\d+\s*$/;

describe("a stack read by a cell", () => {
  beforeAll(() => notebook.value(CAUGHT));

  it.each([
    ["console.error", "console.error(caught())"],
    ["console.log", "console.log(caught());"],
    ["error.stack", "console.log(caught().stack)"],
  ])("has the lines of cells and of the project's files: %s", async (_, code) => {
    expect(await printed(code)).toMatch(STACK);
  });

  it("as a cell's value, too", async () => {
    expect(await notebook.value("caught()")).toMatch(STACK);
  });

  it("and of console.trace", async () => {
    expect(
      await printed("const here = () => {\n  console.trace('on the way');\n};\nhere();"),
    ).toMatch(/^Trace: on the way\n {4}at here \(Cell \[(\d+)\]:2:11\)\n {4}at Cell \[\1\]:4:1\n$/);
  });

  it("has the names of Node's own errors", async () => {
    const text = await printed(
      "import { Buffer } from 'node:buffer';\ntry { Buffer.alloc(-1); } catch (e) { console.log((e as Error).stack) }",
    );
    expect(text).toMatch(/^RangeError \[ERR_OUT_OF_RANGE\]: .*\n {4}at Cell \[\d+\]:2:14\n$/);
  });

  it("is left alone if its reader asks for the call sites", async () => {
    const sites = await notebook.value(`
      const before = Error.prepareStackTrace;
      Error.prepareStackTrace = (_, all) => all;
      const count = (new Error().stack as unknown as unknown[]).length;
      Error.prepareStackTrace = before;
      count > 1`);
    expect(sites).toBe("true");
  });
});

describe("a traceback", () => {
  it("shows the file's line that threw, and the cell's", async () => {
    expect(await notebook.failure("\nbad(7)")).toMatch(
      /^RangeError: bad 7\n\.\.\/lib\/bad\.ts\n.*\n.*\n {2}> {2}9 │ {3}throw new RangeError[^]*\nCell \[\d+\]\n[^]*> 2 │ bad\(7\)[^]*at bad \(\.\.\/lib\/bad\.ts:9:9\)\n {4}at Cell \[\d+\]:2:1$/,
    );
  });

  it("names the line that awaited what failed", async () => {
    const text = await notebook.failure(
      "const inner = async () => {\n  await later(3);\n};\n\nawait inner();",
    );
    expect(text.split("\n").filter((line) => line.startsWith("    at "))).toEqual([
      "    at bad (../lib/bad.ts:9:9)",
      "    at later (../lib/bad.ts:14:10)",
      expect.stringMatching(/^ {4}at async inner \(Cell \[\d+\]:2:3\)$/),
      expect.stringMatching(/^ {4}at async Cell \[\d+\]:5:1$/),
    ]);
  });

  it("names the loop whose source failed", async () => {
    const text = await notebook.failure(
      "async function* numbers() { yield 1; await later(3); }\n\nfor await (const n of numbers()) void n;",
    );
    expect(text).toMatch(/at async Cell \[\d+\]:3:1/);
  });

  it("names the cell's line however deep in a package it fails, with the package folded", async () => {
    notebook.write("node_modules/deep/package.json", '{ "name": "deep", "version": "1.0.0" }');
    notebook.write(
      "node_modules/deep/index.d.ts",
      "export declare function dive(n: number): void;",
    );
    notebook.write(
      "node_modules/deep/index.js",
      "exports.dive = function dive(n) { if (n === 0) throw new Error('deep down'); dive(n - 1); };",
    );
    const text = await notebook.failure("import { dive } from 'deep';\n\ndive(500)");
    expect(text).toMatch(
      /> 3 │ dive\(500\)[^]*\n {4}at dive \(.*node_modules\/deep\/index\.js:1:\d+\)\n {4}… 500 more in deep\n {4}at Cell \[\d+\]:3:1$/,
    );
  });

  it("names the cell's line of an error in tfjs", async () => {
    const text = await notebook.failure(
      "const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });\nmodel.predict(tf.ones([1, 4]));",
    );
    expect(text).toMatch(/more in @tensorflow\/tfjs-layers\n {4}at Cell \[\d+\]:2:7$/);
    expect(text.split("\n").length).toBeLessThan(15);
  });

  it("shows both ends of an infinite recursion", async () => {
    const text = await notebook.failure(
      "const down = (n: number): number => down(n + 1);\ndown(0)",
    );
    expect(text).toMatch(
      /RangeError: Maximum call stack[^]*… \d+ more frames[^]*at Cell \[\d+\]:2:1$/,
    );
  });

  it("formats an error reported from a callback", async () => {
    await notebook.run("setTimeout(() => bad(5), 1);");
    await notebook.seen("bad 5");
    await notebook.seen("Cell [");
    expect(stripVTControlCharacters(notebook.printed())).toMatch(
      /Uncaught: RangeError: bad 5[^]*at bad \(\.\.\/lib\/bad\.ts:9:9\)/,
    );
  });
});
