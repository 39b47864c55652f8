import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { Lock, startOf } from "../../scripts/setup/lock.mjs";
import { temporaryFolder } from "./support/temporaryFolder";

const folder = temporaryFolder();
const file = () => path.join(folder(), ".engine", "lock");
const gone = { pid: 999_999_999, started: "1" };

function writeLock(content: unknown): void {
  fs.mkdirSync(path.dirname(file()), { recursive: true });
  fs.writeFileSync(file(), JSON.stringify(content));
}

/** A process that runs until it is stopped. */
function liveProcess() {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  const pid = child.pid ?? 0;
  const stop = () =>
    new Promise((resolve) => {
      child.on("exit", resolve);
      child.kill("SIGKILL");
    });
  return { noted: { pid, started: startOf(pid) }, stop };
}

/** Takes the lock; returns whether it is taken, and the output while waiting. */
function taking() {
  const said: string[] = [];
  const state = { isTaken: false, said };
  const lock = new Lock(file());
  const done = lock.take((line) => said.push(line), 10).then(() => (state.isTaken = true));
  return { state, done, lock };
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 60));

describe("the lock of set-up", () => {
  it("is taken if it is free, and released", async () => {
    const { done, lock, state } = taking();
    await done;
    expect(fs.existsSync(file())).toBe(true);
    lock.release();
    expect(fs.existsSync(file())).toBe(false);
    expect(state.said).toEqual([]);
  });

  it("of a running set-up is waited for", async () => {
    const other = liveProcess();
    writeLock({ owner: other.noted, child: null });
    const { done, state } = taking();
    await pause();
    expect(state.isTaken).toBe(false);
    expect(state.said).toEqual([`Waiting: another set-up is running (process ${other.noted.pid})`]);
    await other.stop();
    await done;
  });

  it("of a killed set-up is taken over when the tool it left running has ended", async () => {
    const tool = liveProcess();
    writeLock({ owner: gone, child: tool.noted });
    const { done, state } = taking();
    await pause();
    expect(state.isTaken).toBe(false);
    expect(state.said[0]).toMatch(/a set-up that was killed left a tool running/);
    await tool.stop();
    await done;
  });

  it.each([
    ["of a killed set-up", { owner: gone, child: null }],
    ["of a set-up and a tool that are both gone", { owner: gone, child: gone }],
    [
      "that names another process of the same number",
      { owner: { pid: process.ppid, started: "1" }, child: null },
    ],
    ["that cannot be read", "half"],
  ])("%s is taken over at once", async (_what, content) => {
    writeLock(content);
    const { done, state } = taking();
    await done;
    expect(state.said).toEqual([]);
  });

  it("records the running tool", async () => {
    const { done, lock } = taking();
    await done;
    lock.noteChild(process.ppid);
    expect(JSON.parse(fs.readFileSync(file(), "utf8"))).toMatchObject({
      child: { pid: process.ppid, started: startOf(process.ppid) },
    });
  });
});
