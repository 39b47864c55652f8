import { readFileSync } from "node:fs";
import { freemem } from "node:os";

/** Bytes that a new process may take without swapping: the system's, or the container's if less. */
export function availableMemory(): number {
  return Math.min(systemMemory(), containerMemory());
}

function systemMemory(): number {
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(textOf("/proc/meminfo"))?.[1];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

/** What the control group leaves; infinite without a limit. */
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

/** What decides whether one more job may start. */
export interface Admission {
  readonly running: number;
  readonly most: number;
  /** Peaks of running and ended jobs that are known. */
  readonly peaks: readonly number[];
  /** Running jobs that have not said yet how much they need. */
  readonly unknown: number;
  readonly available: number;
}

/** The share of the largest job so far that must be free on top of it. */
const RESERVE = 0.25;

/**
 * Whether one more job may start: always the first; another only when it is known how much a job
 * takes, and that much, with a reserve, is free.
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
