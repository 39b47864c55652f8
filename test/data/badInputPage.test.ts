import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const root = resolve(__dirname, "../..");

describe("docs/bad-input.md", () => {
  const [, , ...rows] = readFileSync(resolve(root, "docs/bad-input.md"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));

  it.each(rows.map((cells) => [cells[1], cells] as const))("names a test: %s", (_what, cells) => {
    expect(cells).toHaveLength(6);
    const [, name] = /^`(.+)`$/.exec(cells[4]) ?? [];
    expect(existsSync(resolve(root, "test", `${name}.test.ts`))).toBe(true);
  });
});
