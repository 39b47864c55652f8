import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  utimesSync,
  watch,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import {
  folderOwner,
  withFolderLock,
  withFreeFolder,
} from "../../../src/experiments/storage/folderLock";
import { PROCESS_PLACE } from "../../../src/files/processPlace";
import { processStart } from "../../../src/experiments/storage/processStart";
import { createGate } from "../../support/gate";
import { tempFolder } from "../../support/tempFolder";

const root = tempFolder();
let count = 0;
/** A folder with a lock left by another process. */
function lockedFolder(
  owner: Partial<Record<"host" | "place" | "processStart", string>> & { pid: number },
) {
  const folder = join(root, `locked-${++count}`);
  mkdirSync(folder);
  const lock = {
    ...{
      host: hostname(),
      place: PROCESS_PLACE,
      processStart: "some boot 1",
      since: "2026-01-01",
      token: "t",
    },
    ...owner,
  };
  writeFileSync(join(folder, "lock.json"), JSON.stringify(lock));
  return folder;
}
/** Sets the time of a lock's last heartbeat. */
function age(folder: string, minutes: number): void {
  const then = new Date(Date.now() - minutes * 60_000);
  utimesSync(join(folder, "lock.json"), then, then);
}
const deadPid = (): number => spawnSync(process.execPath, ["-e", ""]).pid;

describe("withFolderLock", () => {
  it("admits one process at a time, names the owner, and leaves no files", async () => {
    const folder = join(root, "fresh");
    await withFolderLock(folder, async () => {
      expect(await folderOwner(folder)).toMatchObject({ pid: process.pid, host: hostname() });
      await expect(withFolderLock(folder, () => Promise.resolve())).rejects.toThrow(
        new RegExp(`fresh: expected a folder that no .* in use by process ${process.pid} on `),
      );
    });
    expect(readdirSync(folder)).toEqual([]);
    expect(await folderOwner(folder)).toBeNull();
  });

  it("is released when the work throws", async () => {
    const folder = join(root, "thrown");
    const failed = withFolderLock(folder, () => Promise.reject(new Error("no")));
    await expect(failed).rejects.toThrow("no");
    expect(await withFolderLock(folder, () => Promise.resolve(1))).toBe(1);
  });

  it.each([
    ["of a process that has ended", () => lockedFolder({ pid: deadPid() })],
    ["of an earlier process with this one's number", () => lockedFolder({ pid: process.pid })],
  ])("takes over the lock %s", async (_, make) => {
    const folder = make();
    expect(await folderOwner(folder)).toBeNull();
    expect(await withFolderLock(folder, () => Promise.resolve(2))).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ["another machine", { host: "elsewhere", place: "other" }],
    ["another container of this machine's name", { place: "other" }],
  ])("believes %s as long as it has been heard of in ten minutes", async (_, where) => {
    const folder = lockedFolder({ ...where, pid: deadPid() });
    await expect(withFolderLock(folder, () => Promise.resolve())).rejects.toThrow(
      /in use by process \d+ on /,
    );
    age(folder, 11);
    expect(await withFolderLock(folder, () => Promise.resolve(3))).toBe(3);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("uses the clock of the file system, not that of the machine", async () => {
    const folder = lockedFolder({ place: "other", pid: deadPid() });
    const clock = jest.spyOn(Date, "now").mockReturnValue(Date.now() + 3_600_000);
    expect(await folderOwner(folder)).not.toBeNull();
    clock.mockReturnValue(0);
    expect(await folderOwner(folder)).not.toBeNull();
    clock.mockRestore();
  });

  it("takes over a stale lock from before the clock was set back", async () => {
    const folder = lockedFolder({ place: "other", pid: deadPid() });
    age(folder, -24 * 60);
    expect(await withFolderLock(folder, () => Promise.resolve(4))).toBe(4);
  });

  it("has a heartbeat every minute, whatever the date of its file", async () => {
    jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate", "queueMicrotask"] });
    try {
      const folder = join(root, "heartbeat");
      await withFolderLock(folder, async () => {
        const path = join(folder, "lock.json");
        const before = readFileSync(path, "utf8");
        age(folder, -24 * 60);
        const future = statSync(path).mtimeMs;
        jest.advanceTimersByTime(61_000);
        for (let look = 0; look < 1000 && statSync(path).mtimeMs === future; look++) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        expect(statSync(path).mtimeMs).toBeLessThan(future - 3_600_000);
        expect(readFileSync(path, "utf8")).toBe(before);
      });
    } finally {
      jest.useRealTimers();
    }
  });

  it("leaves no draft after being killed, since the next write removes it", async () => {
    const folder = join(root, "draft");
    const drafts = new Set<string>();
    mkdirSync(folder);
    const watcher = watch(folder, (_, name) => drafts.add(name ?? ""));
    await withFolderLock(folder, () => new Promise((resolve) => setTimeout(resolve, 50)));
    watcher.close();
    const draft = [...drafts].find((name) => name.endsWith(".partial")) ?? "";
    // Clean-up identifies a draft's process by its name.
    expect(draft).toMatch(new RegExp(`^\\.lock\\.json\\.[0-9a-f]{8}-${process.pid}-`));
  });

  it("is taken by only one of many processes after its owner died", async () => {
    const folder = lockedFolder({ pid: deadPid() });
    let inside = 0;
    let most = 0;
    const results = await Promise.allSettled(
      Array.from({ length: 12 }, () =>
        withFolderLock(folder, async () => {
          most = Math.max(most, ++inside);
          await new Promise((resolve) => setTimeout(resolve, 50));
          inside--;
        }),
      ),
    );
    expect(most).toBe(1);
    expect(results.some(({ status }) => status === "fulfilled")).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("withFreeFolder", () => {
  it("waits for the owner with one message, then has exclusive access", async () => {
    const warn = jest.spyOn(console, "warn").mockImplementation(() => undefined);
    const folder = join(root, "waited for");
    const order: string[] = [];
    const taken = createGate();
    const owner = withFolderLock(folder, async () => {
      taken.open();
      await new Promise((resolve) => setTimeout(resolve, 700));
      order.push("owner");
    });
    await taken.opened;
    await withFreeFolder(
      folder,
      () => false,
      () => Promise.resolve(order.push("waiting")),
    );
    await owner;
    expect(order).toEqual(["owner", "waiting"]);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/waited for: waiting, since it is in use by process \d+ on /)],
    ]);
    warn.mockRestore();
  });
});

describe("processStart", () => {
  it("is constant for a running process, and null for an ended one", () => {
    expect(processStart(process.pid)).toBe(processStart(process.pid));
    expect(processStart(process.pid)).not.toBeNull();
    expect(processStart(deadPid())).toBeNull();
  });
});
