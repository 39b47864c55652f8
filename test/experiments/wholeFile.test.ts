import { mkdtemp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFolderWhole, writeWhole } from "../../src/experiments/wholeFile";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "layerbook-whole-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("writeWhole", () => {
  it("makes missing folders and leaves nothing but the file", async () => {
    await writeWhole(join(folder, "a", "b.txt"), "one");
    await writeWhole(join(folder, "a", "b.txt"), Uint8Array.of(116, 119, 111));
    expect(await readdir(join(folder, "a"))).toEqual(["b.txt"]);
    expect(await readFile(join(folder, "a", "b.txt"), "utf8")).toBe("two");
  });

  it("replaces what a killed write left", async () => {
    await writeFile(join(folder, ".b.txt.partial"), "half a fi");
    await writeWhole(join(folder, "b.txt"), "whole");
    expect(await readdir(folder)).toEqual(["b.txt"]);
  });
});

describe("writeFolderWhole", () => {
  const target = () => join(folder, "out");

  it("moves what was filled in beside what was there", async () => {
    await mkdir(target());
    await writeFile(join(target(), "old.txt"), "old");
    const names = await writeFolderWhole(target(), async (partial) => {
      await writeFile(join(partial, "b.txt"), "b");
      await writeFile(join(partial, "a.txt"), "a");
    });
    expect(names).toEqual(["a.txt", "b.txt"]);
    expect((await readdir(target())).sort()).toEqual(["a.txt", "b.txt", "old.txt"]);
    expect(await readdir(folder)).toEqual(["out"]);
  });

  it("leaves nothing where filling fails half-way", async () => {
    const failing = writeFolderWhole(target(), async (partial) => {
      await writeFile(join(partial, "a.txt"), "a");
      throw new Error("the second one is broken");
    });
    await expect(failing).rejects.toThrow("the second one is broken");
    expect(await readdir(folder)).toEqual([]);
  });
});
