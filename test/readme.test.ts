import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(__dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");

describe("README", () => {
  it("has code that runs as written and learns something", () => {
    const [, source] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(source.trim().split("\n").length).toBeLessThanOrEqual(12);
    expect(readme).toMatch(/Saved as `train\.mjs`[\s\S]*`node train\.mjs`/);
    // In the repository, where the name layerbook is linked to the build.
    const file = join(root, ".engine", "readme", "train.mjs");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, source);
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: "utf8" });
    const [, dice] = /^Dice (\d\.\d{3}) on 16 held-out slices$/m.exec(stdout) ?? [];
    expect({ dice, stderr: dice === undefined ? stderr : "" }).toMatchObject({ stderr: "" });
    // Predicting only background scores 0; the stated result is 0.5.
    expect(Number(dice)).toBeGreaterThan(0.35);
  }, 300_000);

  it("writes into folders that lint, format and git leave alone", () => {
    const folders = [...readme.matchAll(/--out (?:\.\/)?([a-z][\w-]*)(?=[\s/`])/g)].map(
      ([, name]) => name,
    );
    expect(folders).toEqual(expect.arrayContaining(["tables", "runs", "reports"]));
    const ignored = (file: string): string[] =>
      readFileSync(join(root, file), "utf8")
        .split("\n")
        .map((line) => line.replaceAll("/", ""));
    for (const folder of folders) {
      expect(ignored(".prettierignore")).toContain(folder);
      expect(ignored(".gitignore")).toContain(folder);
    }
  });

  it("does not use the registry's package of that name outside a checkout", () => {
    expect(readme).toMatch(
      /Run `npx layerbook` only where the tarball is installed or in a\s+checkout/,
    );
  });

  it.each([...readme.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor))(
    "links to the section %s, which it has",
    (anchor) => {
      const headings = [...readme.matchAll(/^#+ (.+)$/gm)].map(([, text]) =>
        text.toLowerCase().replaceAll(" ", "-"),
      );
      expect(headings).toContain(anchor);
    },
  );

  it.each([...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target))(
    "links to %s, which is there",
    (target) => {
      if (target.startsWith("https://")) return expect(() => new URL(target)).not.toThrow();
      expect(() => readFileSync(join(root, target))).not.toThrow();
    },
  );
});
