/**
 * Signals a process and everything that it has started: its process group, or only the process if
 * it does not lead one.
 */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch {
      // It has ended, or does not lead a group.
    }
  }
}
