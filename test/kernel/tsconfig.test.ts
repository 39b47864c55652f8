import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readProjectConfig } from "../../src/kernel/session/projectConfig";
import { Notebook } from "./support/notebook";

describe("a cell in a project with a tsconfig.json", () => {
  let notebook: Notebook;
  beforeAll(() => {
    notebook = new Notebook({ inside: "work/notebooks" });
    notebook.write(
      "tsconfig.base.json",
      '{ "compilerOptions": { "strict": true, "target": "es5", "plugins": [{ "name": "x" }] } }',
    );
    notebook.write(
      "tsconfig.json",
      `{
        // Comments are allowed.
        "extends": "./tsconfig.base.json",
        "compilerOptions": {
          "paths": { "@/*": ["./src/*"] },
          "lib": ["es2023", "dom"],
          "jsx": "react-jsx",
          "jsxImportSource": "tiny"
        }
      }`,
    );
    notebook.write("src/util/half.ts", "export const half = (x: number): number => x / 2;");
    notebook.write(
      "src/util/quarter.ts",
      "import { half } from '@/util/half';\nexport const quarter = (x: number) => half(half(x));",
    );
    notebook.write("node_modules/tiny/package.json", '{ "name": "tiny", "version": "1.0.0" }');
    notebook.write(
      "node_modules/tiny/jsx-runtime.d.ts",
      "export declare namespace JSX { interface IntrinsicElements { p: { id?: string; children?: unknown } } interface Element { tag: string } }\nexport declare function jsx(tag: string, props: object): JSX.Element;",
    );
    notebook.write(
      "node_modules/tiny/jsx-runtime.js",
      "exports.jsx = (tag, props) => ({ tag, props });",
    );
  });
  afterAll(() => notebook.close());

  it("reports once which settings it does not follow", async () => {
    await notebook.run("1");
    expect(notebook.printed()).toBe(
      "../../tsconfig.json: cells do not follow its plugins, target\n",
    );
    await notebook.run("2");
    expect(notebook.printed()).toBe("");
  });

  it("follows its paths, in checks and at run time, also in files", async () => {
    expect(await notebook.value("import { quarter } from '@/util/quarter'; quarter(8)")).toBe("2");
    expect(await notebook.failure("quarter('8')")).toContain("TS2345");
    expect(await notebook.failure("import { x } from '@/nowhere'; x")).toContain("TS2307");
  });

  it("follows strict, until %strict off", async () => {
    const code = "function loose(x) { return x; }";
    expect(await notebook.failure(code)).toContain("TS7006");
    await notebook.value(`%strict off\n${code}`);
    await notebook.value("%strict");
  });

  it("follows lib", async () => {
    expect(await notebook.value("const node: HTMLElement | null = null; node")).toBe("null");
  });

  it("follows jsx and jsxImportSource", async () => {
    expect(await notebook.value("const page = <p id='x'>text</p>; page")).toBe(
      "{ tag: 'p', props: { id: 'x', children: 'text' } }",
    );
    expect(await notebook.failure("<q />")).toContain("TS2339");
  });
});

describe("readProjectConfig", () => {
  const folder = mkdtempSync(join(tmpdir(), "tsconfig-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  function read(text: string): ReturnType<typeof readProjectConfig> {
    const inner = join(folder, "inner");
    mkdirSync(inner, { recursive: true });
    writeFileSync(join(folder, "tsconfig.json"), text);
    return readProjectConfig(inner);
  }

  it("reports nothing for an ordinary project", () => {
    const { notice } = read(
      '{ "compilerOptions": { "module": "nodenext", "target": "es2022", "outDir": "dist", "noEmit": true, "isolatedModules": true } }',
    );
    expect(notice).toBeNull();
  });

  it("reports what it cannot read", () => {
    expect(read("{ nonsense").notice).toMatch(/^\.\.\/tsconfig\.json/);
    expect(read('{ "compilerOptions": { "target": "es1" } }').notice).toMatch(
      /Argument for '--target'/,
    );
  });

  it("resolves a baseUrl", () => {
    writeFileSync(join(folder, "near.ts"), "export {};");
    const config = read('{ "compilerOptions": { "baseUrl": "." } }');
    expect(config.resolveAlias("near")).toBe(join(folder, "near.ts"));
    expect(config.resolveAlias("zod")).toBeNull();
  });
});
