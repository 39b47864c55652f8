import { utimesSync } from "node:fs";
import { join } from "node:path";
import { Notebook } from "./support/notebook";

// The first cell loads TypeScript.
let notebook: Notebook;
beforeAll(() => {
  notebook = new Notebook({ inside: "notebooks" });
  notebook.write("package.json", '{ "type": "module" }');
  notebook.write(
    "node_modules/es-only/package.json",
    '{ "name": "es-only", "version": "1.0.0", "type": "module", "exports": { ".": { "types": "./index.d.ts", "import": "./index.js" } } }',
  );
  notebook.write(
    "node_modules/es-only/index.d.ts",
    "export declare const waited: number; declare const all: { a: number }; export default all;",
  );
  notebook.write(
    "node_modules/es-only/index.js",
    "export const waited = await Promise.resolve(11);\nexport default { a: 1 };",
  );
});
afterAll(() => notebook.close());

let seconds = 0;

/** Writes a file with a later modification time. */
function change(path: string, text: string): void {
  const file = join(notebook.folder, path);
  notebook.write(path, text);
  seconds += 5;
  const later = new Date(Date.now() + 1000 * seconds);
  utimesSync(file, later, later);
}

describe("a project of ES modules", () => {
  it("supports import.meta, top-level await and dynamic import", async () => {
    notebook.write("lib/other.ts", "export const other: number = 3;");
    notebook.write(
      "lib/waits.ts",
      `export const waited = await Promise.resolve(5);
export const url = import.meta.url;
export const folder = import.meta.dirname;
export const other = async () => (await import("./other.js")).other;`,
    );
    expect(
      await notebook.value(
        "import { waited, url, folder, other } from '../lib/waits';\n[waited, url, folder, await other()]",
      ),
    ).toBe(
      `[\n  5,\n  'file://${notebook.folder}/lib/waits.ts',\n  '${notebook.folder}/lib',\n  3\n]`,
    );
    expect(await notebook.value("(await import('../lib/waits')).waited")).toBe("5");
  });

  it("re-exports ES modules that only import can load", async () => {
    notebook.write(
      "lib/again.ts",
      "export { waited as eleven, default as all } from 'es-only';\nexport * from './waits';",
    );
    expect(
      await notebook.value(
        "import { eleven, all, waited } from '../lib/again'; [eleven, all, waited]",
      ),
    ).toBe("[ 11, { a: 1 }, 5 ]");
  });

  it("accepts .js, .mjs and .cjs", async () => {
    notebook.write("lib/plain.cjs", "exports.plain = __dirname.length > 0;");
    notebook.write("lib/es.mjs", "import { other } from './other.ts';\nexport default other + 1;");
    notebook.write("lib/es.js", "import all from 'es-only';\nexport const js = all.a;");
    expect(
      await notebook.value(
        "import { plain } from '../lib/plain.cjs'; import es from '../lib/es.mjs'; import { js } from '../lib/es.js'; [plain, es, js]",
      ),
    ).toBe("[ true, 4, 1 ]");
  });

  // As Playwright's `page.evaluate` and libraries of workers do.
  it("has functions that also run elsewhere, from their text", async () => {
    const work = `async (numbers) => {
      let sum = 0;
      for await (const n of numbers) sum += await Promise.resolve(n);
      try { JSON.parse("{"); } catch (error) { return [sum, error.name]; }
    }`;
    notebook.write("lib/elsewhere.ts", `export const inFile: (n: number[]) => unknown = ${work};`);
    await notebook.value(
      `import { inFile } from "../lib/elsewhere";
       import { Worker } from "node:worker_threads";
       const inCell: (n: number[]) => unknown = ${work};
       const run = (work: (n: number[]) => unknown) => new Promise((resolve) => {
         const code = "(" + work + ")([1, 2]).then((r) => require('node:worker_threads').parentPort.postMessage(r))";
         new Worker(code, { eval: true }).on("message", resolve).on("error", resolve);
       });`,
    );
    expect(await notebook.value("[await run(inFile), await run(inCell), await inFile([3])]")).toBe(
      "[ [ 3, 'SyntaxError' ], [ 3, 'SyntaxError' ], [ 3, 'SyntaxError' ] ]",
    );
  });

  it("reports its own line when it fails while loading", async () => {
    notebook.write(
      "lib/fails.ts",
      "interface A { a: 1 }\nawait null;\nthrow new Error('no luck');",
    );
    expect(await notebook.failure("import '../lib/fails';")).toMatch(
      /Error: no luck[^]*\.\.\/lib\/fails\.ts:3:7/,
    );
    change("lib/fails.ts", "export {};");
    await notebook.value("import '../lib/fails';");
  });
});

describe("files that change", () => {
  it.each([
    ["a.json", '{ "side": 1 }', '{ "side": 2 }', "import it from './a.json'; it.side"],
    [
      "b.js",
      "export const side = 1;",
      "export const side = 2;",
      "import { side } from './b.js'; side",
    ],
    ["c.cjs", "exports.side = 1;", "exports.side = 2;", "import { side } from './c.cjs'; side"],
    [
      "d.mjs",
      "export const side = 1;",
      "export const side = 2;",
      "import { side } from './d.mjs'; side",
    ],
    ["e.mts", "export const side = 1;", "export const side = 2;", "(await import('./e.mjs')).side"],
  ])("are reread: %s", async (name, before, after, code) => {
    const path = `notebooks/${name}`;
    change(path, before);
    expect(await notebook.value(code)).toBe("1");
    change(path, after);
    expect(await notebook.value(code)).toBe("2");
  });

  it("are reread through a file that uses them", async () => {
    change("lib/data.json", "[1]");
    notebook.write(
      "lib/first.ts",
      "import data from './data.json' with { type: 'json' };\nexport const first = data[0];",
    );
    const code = "import { first } from '../lib/first'; first";
    expect(await notebook.value(code)).toBe("1");
    change("lib/data.json", "[9]");
    expect(await notebook.value(code)).toBe("9");
  });
});

describe("JSON", () => {
  it("is imported with an attribute and by import()", async () => {
    notebook.write("notebooks/config.json", '{ "sides": [1, 2] }');
    expect(
      await notebook.value(
        "import config from './config.json' with { type: 'json' }; config.sides",
      ),
    ).toBe("[ 1, 2 ]");
    expect(await notebook.value("(await import('./config.json')).default.sides[1]")).toBe("2");
    expect(
      await notebook.value(
        "(await import('./config.json', { with: { type: 'json' } })).default.sides[0]",
      ),
    ).toBe("1");
  });

  it("with a syntax error is named", async () => {
    notebook.write("notebooks/broken.json", "{ ");
    expect(await notebook.failure("const broken: string = require('./broken.json');")).toMatch(
      /SyntaxError: .*broken\.json: /,
    );
  });
});
