/**
 * Signals a process and all that it has started: the group that it leads, or the process alone where
 * it leads none.
 */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch {
      // It has ended, or leads no group.
    }
  }
}
