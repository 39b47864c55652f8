import { readFileSync } from "node:fs";
import { freemem } from "node:os";

/** Bytes that a new process may use without swapping: the minimum of the system's and the container's. */
export function availableMemory(): number {
  return Math.min(systemMemory(), containerMemory());
}

function systemMemory(): number {
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(textOf("/proc/meminfo"))?.[1];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

/** Memory left in the control group; infinite without a limit. */
function containerMemory(): number {
  const most = Number(textOf("/sys/fs/cgroup/memory.max"));
  const used = Number(textOf("/sys/fs/cgroup/memory.current"));
  return most > 0 && used > 0 ? most - used : Infinity;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** What {@link mayStart} decides by. */
export interface Admission {
  readonly running: number;
  readonly most: number;
  /** The known peaks of running and ended jobs. */
  readonly peaks: readonly number[];
  /** The number of running jobs whose memory is not known yet. */
  readonly unknown: number;
  readonly available: number;
}

/** The reserve that must be free, as a fraction of the largest job so far. */
const RESERVE = 0.25;

/**
 * Whether one more job may start. The first always may; another only if the memory of a job is known and
 * that much is free, with a reserve.
 *
 * @example
 * mayStart({ running: 1, most: 2, peaks: [1e9], unknown: 0, available: 1.1e9 }); // false
 */
export function mayStart({ running, most, peaks, unknown, available }: Admission): boolean {
  if (running >= most) return false;
  if (running === 0) return true;
  if (unknown > 0 || peaks.length === 0) return false;
  return available >= (1 + RESERVE) * Math.max(...peaks);
}
