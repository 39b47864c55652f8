// @ts-check
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { probe } from "./shell.mjs";
import { writeWhole } from "./stamps.mjs";

/**
 * Ensures that only one set-up runs at a time. A killed set-up leaves its lock behind, and perhaps a pip
 * or npm that is still writing: the next one waits for that tool to end, then takes over the lock.
 */
export class Lock {
  /** @param {string} file */
  constructor(file) {
    this.file = file;
  }

  /**
   * @param {(line: string) => void} say
   * @param {number} [pollMs]
   */
  async take(say, pollMs = 500) {
    let told = "";
    for (;;) {
      if (this.#create()) return;
      const holder = this.#holder();
      if (holder === null) {
        fs.rmSync(this.file, { force: true });
        continue;
      }
      const reason = holder.isChild
        ? `a set-up that was killed left a tool running (process ${holder.pid})`
        : `another set-up is running (process ${holder.pid})`;
      if (reason !== told) say(`Waiting: ${reason}`);
      told = reason;
      await sleep(pollMs);
    }
  }

  /**
   * Records the running tool, so that the next run knows about it if this one is killed.
   *
   * @param {number | undefined} pid
   */
  noteChild(pid) {
    writeWhole(this.file, describe(pid));
  }

  release() {
    fs.rmSync(this.file, { force: true });
  }

  #create() {
    fs.mkdirSync(path.dirname(this.file), { recursive: true });
    try {
      fs.writeFileSync(this.file, describe(undefined), { flag: "wx" });
      return true;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
      throw error;
    }
  }

  /** @returns {{pid: number, isChild: boolean} | null} the running process that holds the lock, or `null` */
  #holder() {
    try {
      const { owner, child } = JSON.parse(fs.readFileSync(this.file, "utf8"));
      if (owner.pid !== process.pid && isAlive(owner)) return { pid: owner.pid, isChild: false };
      if (child !== null && isAlive(child)) return { pid: child.pid, isChild: true };
      return null;
    } catch {
      return null;
    }
  }
}

/** @param {number | undefined} child */
function describe(child) {
  return JSON.stringify({
    owner: { pid: process.pid, started: startOf(process.pid) },
    child: child === undefined ? null : { pid: child, started: startOf(child) },
  });
}

/** @param {{pid: number, started: string}} noted */
function isAlive({ pid, started }) {
  return startOf(pid) !== "" && startOf(pid) === started;
}

/**
 * A process's start time, which distinguishes it from a later one with the same pid; `""` if none runs.
 *
 * @param {number} pid
 */
export function startOf(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    // Fields after the name in brackets, which may contain spaces: state is the 1st, start time the 20th.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "" : fields[19];
  } catch {
    return fs.existsSync("/proc/self/stat")
      ? ""
      : probe("ps", ["-o", "lstart=", "-p", `${pid}`]).stdout;
  }
}
