import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, mkdir, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataError } from "../../src/core/errors";
import { withFolderLock } from "../../src/experiments/storage/folderLock";
import { writeFolderWhole, writeWhole } from "../../src/files/writeWhole";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "layerbook-whole-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("writeWhole", () => {
  it("creates missing folders and leaves only the file", async () => {
    await writeWhole(join(folder, "a", "b.txt"), "one");
    await writeWhole(join(folder, "a", "b.txt"), Uint8Array.of(116, 119, 111));
    expect(await readdir(join(folder, "a"))).toEqual(["b.txt"]);
    expect(await readFile(join(folder, "a", "b.txt"), "utf8")).toBe("two");
  });

  it("lets two processes write one path at the same time", async () => {
    const texts = Array.from({ length: 20 }, (_, i) => `text ${i}`);
    await Promise.all(texts.map((text) => writeWhole(join(folder, "b.txt"), text)));
    expect(await readdir(folder)).toEqual(["b.txt"]);
    expect(texts).toContain(await readFile(join(folder, "b.txt"), "utf8"));
  });

  it("names the obstacle", async () => {
    await mkdir(join(folder, "b.txt"));
    await expect(writeWhole(join(folder, "b.txt"), "x")).rejects.toThrow(
      /b\.txt: expected a place to write to, got a folder/,
    );
    await writeFile(join(folder, "file"), "");
    await expect(writeWhole(join(folder, "file", "a.txt"), "x")).rejects.toThrow(DataError);
    expect((await readdir(folder)).sort()).toEqual(["b.txt", "file"]);
  });

  it("a lock that this process holds says how it is freed", async () => {
    const held = join(folder, "held");
    const refused = await withFolderLock(held, () =>
      withFolderLock(held, () => Promise.resolve()).catch((reason: unknown) => reason),
    );
    expect(String(refused)).toMatch(
      new RegExp(`in use by process ${process.pid} on .*restart the kernel`),
    );
  });

  it("reports a folder that is a dangling link", async () => {
    const link = join(folder, "link");
    await symlink("nowhere", link);
    const error = await withFolderLock(link, () => Promise.resolve()).catch(
      (e: Error) => e.message,
    );
    expect(error).toContain(`${link}: expected a place to write to, got a link whose target does`);
    const long = join(folder, "n".repeat(300));
    const refused = await withFolderLock(long, () => Promise.resolve()).catch(
      (e: Error) => e.message,
    );
    expect(refused).toMatch(/a name that is too long. Choose a shorter one$/);
  });
});

describe("writeFolderWhole", () => {
  const target = () => join(folder, "out");

  it("adds the new files to the existing ones", async () => {
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

  it("lets two writers fill one folder at the same time", async () => {
    const write = (name: string) =>
      writeFolderWhole(target(), async (draft) => {
        await writeFile(join(draft, `${name}.txt`), name);
        await new Promise((done) => setTimeout(done, 5));
      });
    await Promise.all(["a", "b", "c", "d"].map(write));
    expect((await readdir(target())).sort()).toEqual(["a.txt", "b.txt", "c.txt", "d.txt"]);
  });

  it("leaves nothing if filling fails", async () => {
    const failing = writeFolderWhole(target(), async (partial) => {
      await writeFile(join(partial, "a.txt"), "a");
      throw new Error("the second one is broken");
    });
    await expect(failing).rejects.toThrow("the second one is broken");
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("a place that cannot be written", () => {
  it("is an error if no folder can be created, without hanging", async () => {
    if (process.platform !== "linux") return console.info("skipped: no /proc");
    await expect(writeWhole("/proc/none/inner/file", "")).rejects.toThrow(
      /file: expected a place to write to, got nothing at that path/,
    );
  });

  const quiet = { stdio: "ignore" } as const;

  it("may be on a full disk: one line, and no partial file", async () => {
    const disk = join(folder, "disk");
    await mkdir(disk);
    // A memory disk of 64 KiB; needs permission to mount.
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], quiet);
    if (mounted.status !== 0) return console.info("skipped: may not mount a small disk");
    try {
      await writeWhole(join(disk, "small.txt"), "fits");
      await expect(writeWhole(join(disk, "large.txt"), new Uint8Array(2 ** 20))).rejects.toThrow(
        /large.txt: expected a place to write to, got a full disk. Free some space/,
      );
      const filling = writeFolderWhole(join(disk, "out"), (draft) =>
        writeWhole(join(draft, "large.txt"), new Uint8Array(2 ** 20)),
      );
      await expect(filling).rejects.toThrow(DataError);
      expect(await readdir(disk)).toEqual(["small.txt"]);
      // The target is a mount point. The draft is inside it, so that no rename crosses file systems.
      const names = await writeFolderWhole(disk, (draft) => writeWhole(join(draft, "a.txt"), "a"));
      expect([names, (await readdir(disk)).sort()]).toEqual([["a.txt"], ["a.txt", "small.txt"]]);
    } finally {
      spawnSync("umount", [disk], quiet);
    }
  });

  it("may be on a read-only disk", async () => {
    const disk = join(folder, "read-only");
    await mkdir(disk);
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "ro", "tmpfs", disk], quiet);
    if (mounted.status !== 0) return console.info("skipped: may not mount a read-only disk");
    try {
      const wanted = /expected a place to write to, got a read-only file system. Choose another/;
      await expect(writeWhole(join(disk, "a.txt"), "a")).rejects.toThrow(wanted);
      await expect(writeFolderWhole(join(disk, "out"), async () => {})).rejects.toThrow(wanted);
    } finally {
      spawnSync("umount", [disk], quiet);
    }
  });

  it("may be blocked by a file in place of a folder", async () => {
    await writeFile(join(folder, "out"), "a file");
    await expect(writeFolderWhole(join(folder, "out"), async () => {})).rejects.toThrow(
      /out: expected a place to write to, got a (file where a folder should be|path that goes through a file)\. Choose another place/,
    );
    expect(await readFile(join(folder, "out"), "utf8")).toBe("a file");
  });

  it("may have a parent that is not the user's", async () => {
    const own = join(folder, "parent", "own");
    await mkdir(own, { recursive: true });
    await chmod(join(folder, "parent"), 0o555);
    try {
      await writeFolderWhole(own, (draft) => writeWhole(join(draft, "a.txt"), "a"));
      expect(await readdir(own)).toEqual(["a.txt"]);
    } finally {
      await chmod(join(folder, "parent"), 0o755);
    }
  });
});
