import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compileFunction } from "node:vm";
import ts from "typescript";
import * as layerbook from "../src/node";

const readme = readFileSync(join(__dirname, "..", "README.md"), "utf8");

describe("README", () => {
  it("has a piece of code that trains something", async () => {
    const [, source] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(source.trim().split("\n").length).toBeLessThanOrEqual(12);
    const body = source.replace('import * as lb from "layerbook/node";', "");
    const { outputText } = ts.transpileModule(`(async () => {${body}})()`, {
      compilerOptions: { target: ts.ScriptTarget.ES2022 },
    });
    const lines: string[] = [];
    const run = compileFunction(`return ${outputText}`, ["lb", "console"]) as (
      lb: unknown,
      console: { log(line: string): void },
    ) => Promise<void>;
    await run(layerbook, { log: (line) => lines.push(line) });
    expect(lines).toHaveLength(1);
    const [, dice] = /^Dice (\d\.\d{3}) on 5 held-out slices$/.exec(lines[0]) ?? [];
    expect(Number(dice)).toBeGreaterThan(0.05);
  }, 300_000);

  it.each([...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target))(
    "links to %s, which is there",
    (target) => {
      if (target.startsWith("https://")) return expect(() => new URL(target)).not.toThrow();
      expect(() => readFileSync(join(__dirname, "..", target))).not.toThrow();
    },
  );
});
