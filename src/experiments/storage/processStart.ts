import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * The start time of a process on this machine, as text for comparison, since a process id may have been
 * reused by a later process.
 *
 * @returns `null` if no such process is running
 */
export function processStart(pid: number): string | null {
  return process.platform === "linux" ? linuxStart(pid) : otherStart(pid);
}

/** The start time in ticks since boot, and the id of that boot. */
function linuxStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may contain anything; the state is the first field after it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return null;
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${fields[19]}`;
  } catch {
    return null;
  }
}

function otherStart(pid: number): string | null {
  try {
    const text = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" });
    return text.trim() === "" ? null : text.trim();
  } catch {
    return null;
  }
}
