import { Notebook } from "./support/notebook";

// The first cell loads TypeScript.
let notebook: Notebook;
beforeAll(() => {
  notebook = new Notebook();
});
afterAll(() => notebook.close());

describe("type errors", () => {
  it("are all reported, each with its line and column in the cell", async () => {
    const text = await notebook.failure(
      "import { join } from 'node:path';\nconst ok = 1;\nconst a: string = 2;\n  join(3);\nnowhere();",
    );
    expect(text).toContain("Cell [1]:3:7 - error TS2322: Type 'number' is not assignable");
    expect(text).toContain("Cell [1]:4:8 - error TS2345: Argument of type 'number'");
    expect(text).toContain("Cell [1]:5:1 - error TS2304: Cannot find name 'nowhere'");
    expect(text).toContain("  > 3 │ const a: string = 2;\n      │       ~\n");
  });

  it("name the argument that is missing", async () => {
    const text = await notebook.failure("function add(a: number, b: number) {}\nadd(1)");
    expect(text).toContain(
      "TS2554: Expected 2 arguments, but got 1. An argument for 'b' was not provided.",
    );
  });

  it("say so when the text is not TypeScript", async () => {
    const { error } = await notebook.run("const = 1;");
    expect(error).toMatchObject({ ename: "SyntaxError" });
    expect(error?.evalue).toMatch(/^Variable declaration expected/);
  });

  it("count those that are not quoted", async () => {
    const { error } = await notebook.run("a1; b1; c1");
    expect(error?.evalue).toBe("Cannot find name 'a1'. (and 2 more)");
  });
});

describe("thrown errors", () => {
  it("show the cell's line, the calls that led there, and no frames of the kernel", async () => {
    await notebook.value(
      "interface Gone { a: 1 }\n\nfunction inner(n: number): never {\n  throw new RangeError(`bad ${n}`);\n}",
    );
    const text = await notebook.failure("const go = () =>\n  inner(7);\n\ngo();");
    expect(text.split("\n")).toEqual([
      "RangeError: bad 7",
      "    2 │ ",
      "    3 │ function inner(n: number): never {",
      "  > 4 │   throw new RangeError(`bad ${n}`);",
      "      │         ~",
      "    5 │ }",
      expect.stringMatching(/^ {4}at inner \(Cell \[\d+\]:4:9\)$/),
      expect.stringMatching(/^ {4}at go \(Cell \[\d+\]:2:3\)$/),
      expect.stringMatching(/^ {4}at Cell \[\d+\]:4:1$/),
    ]);
  });

  it("keep the column after an `export` that the kernel inserted", async () => {
    const text = await notebook.failure("const value = JSON.parse('{');");
    expect(text).toMatch(/at Cell \[\d+\]:1:20$/);
    expect(text).toContain("SyntaxError");
  });

  it("show causes and the parts of an AggregateError", async () => {
    const caused = await notebook.failure(
      "throw new Error('outer', { cause: new TypeError('inner') })",
    );
    expect(caused).toContain("Caused by:\nTypeError: inner");
    const several = await notebook.failure("await Promise.any([Promise.reject(new Error('one'))])");
    expect(several).toContain("One of:\nError: one");
  });

  it("can be any value", async () => {
    expect(await notebook.failure("throw 'text'")).toBe("Thrown: text");
    expect(await notebook.failure("throw { code: 7 }")).toBe("Thrown: { code: 7 }");
    expect(await notebook.failure("throw null")).toBe("Thrown: null");
    expect(await notebook.failure("await Promise.reject(undefined)")).toBe("Thrown: undefined");
  });

  it("follow a rejection through await", async () => {
    await notebook.value("async function fails() {\n  await null;\n  throw new Error('late');\n}");
    const text = await notebook.failure("\nawait fails();");
    expect(text).toMatch(/at fails \(Cell \[\d+\]:3:9\)/);
  });
});
