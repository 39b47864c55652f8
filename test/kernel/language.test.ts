import { LANGUAGE } from "../../src/kernel/session/languageLevel";
import { Notebook } from "./support/notebook";

// The first cell loads TypeScript.
let notebook: Notebook;
beforeAll(async () => {
  notebook = new Notebook();
  await notebook.value("const k = 5;");
});
afterAll(() => notebook.close());

describe("the language of a cell", () => {
  it("has exactly the library of the Node that runs it", async () => {
    expect(await notebook.value("[3, 1, 2].toSorted()")).toBe("[ 1, 2, 3 ]");
    const hasUnion = (await notebook.value("'union' in Set.prototype")) === "true";
    const union = notebook.value("new Set([1]).union(new Set([2])).size");
    await (hasUnion
      ? expect(union).resolves.toBe("2")
      : expect(union).rejects.toThrow("'union' does not exist"));
  });

  it("has the library that matches this Node's features", () => {
    expect(LANGUAGE.libraries.includes("lib.es2024.promise.d.ts")).toBe("withResolvers" in Promise);
  });

  it("disposes of `using` and `await using` declarations when the cell ends", async () => {
    await notebook.value(
      "using first = { [Symbol.dispose]() { console.log('first gone'); } }; const stays = k + 1; console.log('used');",
    );
    expect(notebook.printed()).toBe("used\nfirst gone\n");
    expect(await notebook.value("stays")).toBe("6");
    await notebook.value(
      "await using late = { async [Symbol.asyncDispose]() { console.log('late gone'); } };",
    );
    expect(notebook.printed()).toBe("late gone\n");
  });

  it("has the regular expressions of this Node", async () => {
    expect(await notebook.value(String.raw`/^[\p{L}--[a-z]]$/v.test("A")`)).toBe("true");
  });

  it("has standard decorators", async () => {
    await notebook.value(`
      function logged(target: (this: Net) => number, { name }: ClassMethodDecoratorContext) {
        return function (this: Net) { console.log(String(name)); return target.call(this); };
      }
      class Net { @logged depth() { return 3; } }`);
    expect(await notebook.value("new Net().depth()")).toBe("3");
    expect(notebook.printed()).toBe("depth\n");
  });

  it("is not checked under `// @ts-nocheck`", async () => {
    expect(await notebook.value("// @ts-nocheck\nconst odd: number = 'x';\nodd.nowhere; k")).toBe(
      "5",
    );
  });

  it("adds to global types for later cells, again when it is re-run", async () => {
    await notebook.value(
      "declare global { interface Array<T> { last(): T } }\nArray.prototype.last = function () { return this[this.length - 1]; };",
    );
    await notebook.value("declare global { interface Array<T> { first(): T } }");
    expect(await notebook.value("[1, 2, 3].last()")).toBe("3");
    await notebook.value("declare global { interface Array<T> { last(): T | undefined } }");
    expect(await notebook.failure("[1].last().length; [1].first().length")).toContain("TS2339");
    expect(await notebook.failure("[1].never()")).toContain("TS2551");
  });

  it("knows what it exports by its name", async () => {
    await notebook.value("export default class Shape { sides = 4 }");
    expect(await notebook.value("new Shape().sides")).toBe("4");
    expect(
      await notebook.value("export default function twice(x: number) { return 2 * x; }\ntwice(2)"),
    ).toBe("4");
    expect(await notebook.value("twice(4)")).toBe("8");
    await notebook.value("const one = 1, two = 2; export { one, two as deux };");
    expect(await notebook.value("[one, two, deux]")).toBe("[ 1, 2, 2 ]");
    notebook.write("all.ts", "export const everything = 7; export interface Every { a: 1 }");
    await notebook.value("export * from './all';");
    expect(await notebook.value("const e: Every = { a: 1 }; everything + e.a")).toBe("8");
  });
});

describe("JSX in a cell", () => {
  it("calls the function named by a pragma", async () => {
    await notebook.value(
      "const h = (tag: string, props: object | null, ...kids: unknown[]) => ({ tag, props, kids });",
    );
    expect(await notebook.value('/** @jsx h */\nconst page = <p id="x">{k}</p>; page')).toBe(
      "{ tag: 'p', props: { id: 'x' }, kids: [ 5 ] }",
    );
    expect(await notebook.value("page.tag")).toBe("'p'");
  });

  it("leaves casts and generic arrows in other cells as they are", async () => {
    expect(await notebook.value("const same = <T>(x: T) => x; <number>same(k)")).toBe("5");
  });

  it("reports errors at their line in the cell", async () => {
    expect(await notebook.failure("/** @jsx h */\nconst x = <p>{nowhere}</p>;")).toContain(
      "Cell [",
    );
  });
});

describe("a module's own names", () => {
  it("are available in a cell", async () => {
    expect(await notebook.value("__dirname")).toBe(`'${notebook.folder}'`);
    expect(await notebook.value("__filename.startsWith(__dirname)")).toBe("true");
    notebook.write("near.ts", "export const near = 1;");
    expect(await notebook.value("require.resolve('./near')")).toBe(`'${notebook.folder}/near.ts'`);
    expect(await notebook.value("require.resolve('zod').includes('node_modules/zod')")).toBe(
      "true",
    );
    expect(await notebook.failure("require.resolve('no-such-package')")).toContain(
      "Cannot find module 'no-such-package'",
    );
    expect(await notebook.value("import.meta.resolve('./near.ts')")).toBe(
      `'file://${notebook.folder}/near.ts'`,
    );
    expect(await notebook.value("import.meta.resolve('node:fs')")).toBe("'node:fs'");
    expect(await notebook.value("import.meta.resolve('zod').startsWith('file:///')")).toBe("true");
  });
});
