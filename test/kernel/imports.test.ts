import { utimesSync } from "node:fs";
import { join } from "node:path";
import { Notebook } from "./support/notebook";

// The first cell loads TypeScript.
let notebook: Notebook;
beforeAll(() => {
  notebook = new Notebook({ inside: "notebooks" });
});
afterAll(() => notebook.close());

function addPackage(name: string, manifest: object, files: Record<string, string>): void {
  const folder = `node_modules/${name}`;
  notebook.write(`${folder}/package.json`, JSON.stringify({ name, version: "1.0.0", ...manifest }));
  for (const [path, text] of Object.entries(files)) notebook.write(`${folder}/${path}`, text);
}

describe("imports of a cell", () => {
  it("reach TypeScript files beside the notebook and above it, checked", async () => {
    notebook.write("notebooks/near.ts", "export const near = (x: number): number => x + 1;");
    notebook.write("lib/util.ts", "import { base } from './base';\nexport const up = base * 2;");
    notebook.write("lib/base.ts", "export const base: number = 21;");
    expect(
      await notebook.value(
        "import { near } from './near';\nimport { up } from '../lib/util';\nnear(up)",
      ),
    ).toBe("43");
    expect(await notebook.failure("near('x')")).toContain("Argument of type 'string'");
    expect(await notebook.value("import { near as again } from './near.ts'; again(1)")).toBe("2");
  });

  it("see a file as it is now, and those that use it", async () => {
    notebook.write("lib/base.ts", "export const base: number = 50;");
    const later = new Date(Date.now() + 5000);
    utimesSync(join(notebook.folder, "lib/base.ts"), later, later);
    expect(await notebook.value("import { up } from '../lib/util'; up")).toBe("100");
  });

  it("name the file that has an error", async () => {
    notebook.write("notebooks/broken.ts", "\nexport const broken: number = 'x';");
    const text = await notebook.failure("import { broken } from './broken'; broken");
    expect(text).toMatch(/broken\.ts:2 - error TS2322/);
  });

  it("find a module that was missing for the previous cell", async () => {
    expect(await notebook.failure("import { fresh } from './fresh'; fresh")).toContain("TS2307");
    notebook.write("notebooks/fresh.ts", "export const fresh = 1;");
    expect(await notebook.value("import { fresh } from './fresh'; fresh")).toBe("1");
  });

  it("read JSON", async () => {
    notebook.write("data/config.json", '{ "sides": [1, 2] }');
    expect(await notebook.value("import config from '../data/config.json'; config.sides[1]")).toBe(
      "2",
    );
    expect(await notebook.failure("config.absent")).toContain("'absent' does not exist");
  });

  it("accept packages whose types are only in `exports`", async () => {
    addPackage(
      "typed-by-exports",
      {
        exports: {
          ".": { types: "./types/index.d.ts", require: "./lib.cjs", import: "./lib.mjs" },
          "./sub": { types: "./types/sub.d.ts", default: "./sub.cjs" },
        },
      },
      {
        "types/index.d.ts": "export declare function twice(x: number): number;",
        "types/sub.d.ts": "export declare const sub: string;",
        "lib.cjs": "exports.twice = (x) => x * 2;",
        "lib.mjs": "export const twice = (x) => x * 2;",
        "sub.cjs": "exports.sub = 'below';",
      },
    );
    expect(
      await notebook.value(
        "import { twice } from 'typed-by-exports';\nimport { sub } from 'typed-by-exports/sub';\n[twice(4), sub]",
      ),
    ).toBe("[ 8, 'below' ]");
    expect(await notebook.failure("twice('4')")).toContain("TS2345");
  });

  it("accept ES modules, even those with top-level await", async () => {
    addPackage(
      "es-only",
      { type: "module", exports: { ".": { types: "./index.d.ts", import: "./index.js" } } },
      {
        "index.d.ts":
          "export declare const waited: number; declare const all: { a: number }; export default all;",
        "index.js": "export const waited = await Promise.resolve(11);\nexport default { a: 1 };",
      },
    );
    expect(await notebook.value("import all, { waited } from 'es-only'; [waited, all.a]")).toBe(
      "[ 11, 1 ]",
    );
    expect(await notebook.value("(await import('es-only')).waited")).toBe("11");
  });

  it("fall back on the toolkit's packages, wherever the notebook is", async () => {
    expect(await notebook.value("import { z } from 'zod'; z.string().parse('x')")).toBe("'x'");
  });

  it("name what is missing", async () => {
    expect(await notebook.failure("import x from 'no-such-package'; x")).toContain(
      "Cannot find module 'no-such-package'",
    );
  });
});
