import { Notebook } from "./support/notebook";

// The first cell loads TypeScript.
let notebook: Notebook;
beforeAll(() => {
  notebook = new Notebook();
});
afterAll(() => notebook.close());

describe("a cell's names", () => {
  it("of every kind are available in later cells", async () => {
    await notebook.value(`
      const c = 1; let l = 2; var v = 3;
      function f() { return l; }
      class K { constructor(readonly x: number) {} }
      enum E { A, B }
      namespace N { export const inner = 5; }
      interface I { readonly a: number }
      type T = I | null;
      const { p, q: [r] } = { p: 7, q: [8] };
      for (var hoisted = 0; hoisted < 3; hoisted++);
      import { join as j } from "node:path";
      import * as os from "node:os";
      import zlib from "node:zlib";
    `);
    expect(await notebook.value("[c, l, v, f(), new K(4).x, E.B, N.inner, p, r, hoisted]")).toBe(
      "[\n  1, 2, 3, 2, 4,\n  1, 5, 7, 8, 3\n]",
    );
    expect(
      await notebook.value(
        "const t: T = { a: 1 }; [j('a', 'b'), typeof os.cpus, typeof zlib.gzip, t.a]",
      ),
    ).toBe("[ 'a/b', 'function', 'function', 1 ]");
  });

  it("may be assigned to, and the cell that declared them sees it", async () => {
    await notebook.value("let n = 1; const twice = () => n * 2;");
    expect(await notebook.value("n = 10; n += 1; [n] = [n + 1]; twice()")).toBe("24");
    expect(await notebook.failure("n = 'text'")).toContain(
      "Type 'string' is not assignable to type 'number'",
    );
    expect(await notebook.failure("c = 2")).toMatch(/Cannot assign to 'c'/);
  });

  it("may be redefined with another type, even from their old value", async () => {
    await notebook.value("const w = 5; class Re { a = 1; }");
    await notebook.value("const w = 'text'; class Re { b = 2; }");
    expect(await notebook.value("[w.toUpperCase(), new Re().b]")).toBe("[ 'TEXT', 2 ]");
    await notebook.value("let un: number;");
    await notebook.value("un = 4;");
    await notebook.value("let un: number;");
    expect(await notebook.value("un")).toBeNull();
  });

  it("defined before the cell throws stay", async () => {
    await notebook.value("const kept = 'old';");
    const error = await notebook.failure(
      "interface Shape { side: number }\nconst before = 1;\nthrow new Error('stop');\nconst kept = 'new';",
    );
    expect(error).toContain("Error: stop");
    expect(await notebook.value("const s: Shape = { side: before }; [s.side, kept]")).toBe(
      "[ 1, 'old' ]",
    );
  });

  it("stay when a later cell has type errors", async () => {
    await notebook.value("const safe = 1;");
    await notebook.failure("const safe: string = 2;");
    expect(await notebook.value("safe + 1")).toBe("2");
  });

  it("stay typed even if the type cannot be declared", async () => {
    await notebook.value(
      "function mixin() { return class { private hidden = 1; shown = 2; }; } const Mixed = mixin();",
    );
    expect(await notebook.value("new Mixed().shown")).toBe("2");
    expect(await notebook.failure("new Mixed().absent")).toContain("'absent' does not exist");
  });
});

describe("a cell's value", () => {
  it("is its last expression, quoted if it is a string", async () => {
    expect(await notebook.value("'it'")).toBe("'it'");
    expect(await notebook.value("1; 2")).toBe("2");
    expect(await notebook.value("null")).toBe("null");
    expect(await notebook.value("undefined")).toBeNull();
    expect(await notebook.value("const none = 1;")).toBeNull();
    expect(await notebook.value("({ a: 1 })")).toBe("{ a: 1 }");
    expect(await notebook.value("// only a comment")).toBeNull();
    expect(await notebook.value("")).toBeNull();
  });

  it("is not shown after a semicolon", async () => {
    expect(await notebook.value("1; 2;")).toBeNull();
    expect(await notebook.value("[1, 2].map((x) => x + 1); // no")).toBeNull();
    expect(await notebook.value("const text = ';';\ntext")).toBe("';'");
  });

  it("is shown once if display is the last line", async () => {
    const { outputs, value } = await notebook.run(
      `import { display } from "layerbook"; display([1, 2])`,
    );
    expect(value).toBeNull();
    expect(outputs.map(({ type }) => type)).toEqual(["display"]);
  });

  it("may contain bytes, which Jupyter stores as base64", async () => {
    const { outputs } = await notebook.run(
      `({ [Symbol.for("Jupyter.display")]: () => ({ "image/png": Uint8Array.of(1, 2, 255) }) })`,
    );
    expect(outputs).toMatchObject([{ type: "result", bundle: { "image/png": "AQL/" } }]);
  });

  it("shows itself by its own method", async () => {
    const { outputs } = await notebook.run(
      "({ [Symbol.for('Jupyter.display')]: async () => ({ 'text/html': '<i>x</i>' }) })",
    );
    expect(outputs).toMatchObject([{ type: "result", bundle: { "text/html": "<i>x</i>" } }]);
  });
});

describe("a child's piped output", () => {
  it("keeps characters intact that a pipe splits", async () => {
    await notebook.run(`import { spawn } from "node:child_process";
      const child = spawn(process.execPath, ["-e", "process.stdout.write('€ä'.repeat(50000))"]);
      child.stdout.on("data", (chunk) => process.stdout.write(chunk));
      await new Promise((resolve) => child.stdout.on("end", resolve));`);
    expect(notebook.printed() === "€ä".repeat(50000)).toBe(true);
  });

  it("is joined wherever it was split", async () => {
    await notebook.run(
      `const bytes = Buffer.from("a€"); for (const byte of bytes) process.stdout.write(Uint8Array.of(byte));`,
    );
    expect(notebook.printed()).toBe("a€");
  });
});

describe("await at the top", () => {
  it.each([
    ["await Promise.resolve(3)", "3"],
    ["await (Promise.resolve(4))", "4"],
    ["const a1 = await Promise.resolve(1), b1 = await Promise.resolve(2); a1 + b1", "3"],
    ["let sum = 0; for await (const x of [Promise.resolve(1), 2]) sum += x; sum", "3"],
    ["if (await Promise.resolve(true)) 5;", null],
    ["const { z1 } = await import('./deep/es.mjs'); z1", "26"],
    ["(await import('node:os')).EOL", "'\\n'"],
    ["`${await Promise.resolve('in')} a template`", "'in a template'"],
    ["[await 1, ...(await Promise.resolve([2, 3]))]", "[ 1, 2, 3 ]"],
  ])("%s", async (code, value) => {
    notebook.write("deep/es.mjs", "await 0; export const z1 = 26;");
    expect(await notebook.value(code)).toBe(value);
  });

  it("inside a function belongs to the function", async () => {
    expect(await notebook.value("async function later() { return await 9; } await later()")).toBe(
      "9",
    );
  });
});

describe("import.meta", () => {
  it("knows the notebook's folder", async () => {
    expect(await notebook.value("import.meta.dirname")).toBe(`'${notebook.folder}'`);
    expect(await notebook.value("new URL('.', import.meta.url).pathname")).toBe(
      `'${notebook.folder}/'`,
    );
  });
});

describe("magics", () => {
  it("%strict turns strict rules on and off", async () => {
    await notebook.value("let maybe: string | undefined; function loose(x) { return x; }");
    expect(await notebook.failure("%strict\nfunction tight(x) { return x; }")).toContain("Cell [");
    expect(await notebook.failure("maybe.length")).toContain("possibly 'undefined'");
    await notebook.value("%strict off\nfunction tight(x) { return x; }");
  });

  it("name? also accepts non-ASCII names", async () => {
    await notebook.run("const größe = 1;");
    const { payload } = await notebook.run("größe?");
    expect(JSON.stringify(payload)).toContain("const größe: 1");
  });

  it("name? fills the pager", async () => {
    await notebook.value("/** Half of it. */ const half = (x: number): number => x / 2;");
    expect((await notebook.run("half?")).payload).toMatchObject([
      { source: "page", data: { "text/plain": expect.stringContaining("Half of it.") as unknown } },
    ]);
  });

  it("refuses unknown magics and lists the known ones", async () => {
    expect(await notebook.failure("%matplotlib inline")).toContain(
      "%matplotlib inline: expected %strict",
    );
  });
});

describe("user expressions", () => {
  it("are evaluated after the cell", async () => {
    const { userExpressions } = await notebook.run("const u = 6;", {
      good: "u * 7",
      bad: "nowhere",
    });
    expect(userExpressions).toMatchObject({
      good: { status: "ok", data: { "text/plain": "42" } },
      bad: { status: "error", ename: "TypeScriptError" },
    });
  });
});
