import { Session } from "node:inspector";
import { Socket } from "node:net";
import type { MessagePort } from "node:worker_threads";
import { COMMAND_FD, LineReader } from "./channel";
import type { Command } from "./channel";
import { FLAG, IDLE, RUNNING } from "./flags";

/** How long the cells' thread gets to answer before its JavaScript is terminated. */
const PATIENCE_MS = 100;
/** How long between two attempts at a cell that goes on regardless. */
const RETRY_MS = 300;
/** How long an orphan may take to end by itself. */
const GRACE_MS = 300;

/** What the reading thread tells the cells' thread beyond the commands. */
export type ReaderMessage = Command | { readonly type: "terminated" } | { readonly type: "close" };

/** Breaks into whatever JavaScript the cells' thread runs. */
function terminateMainThread(): void {
  const inspector = new Session();
  inspector.connectToMainThread();
  inspector.post("Runtime.terminateExecution");
  // Its answer may be lost with what it terminated.
  setTimeout(() => inspector.disconnect(), RETRY_MS - 1);
}

/**
 * Reads commands on a thread of its own, so that a stop arrives while a cell keeps the other one
 * busy.
 *
 * First the flag is raised. A section that polls it (a training) is left to end by itself. Else the
 * cells' thread is asked, which ends a cell that waits; if it does not even answer, it is in a loop
 * and its JavaScript is terminated.
 */
export function readCommands(port: MessagePort, flags: Int32Array): void {
  const post = (message: ReaderMessage): void => port.postMessage(message);

  function escalate(seenBefore: number): void {
    const stuck =
      Atomics.load(flags, FLAG.running) === RUNNING &&
      Atomics.load(flags, FLAG.sections) === 0 &&
      Atomics.load(flags, FLAG.seen) === seenBefore;
    if (!stuck) return;
    terminateMainThread();
    post({ type: "terminated" });
    setTimeout(() => escalate(seenBefore), RETRY_MS);
  }

  function interrupt(): void {
    if (Atomics.load(flags, FLAG.running) === IDLE) return;
    Atomics.store(flags, FLAG.requested, 1);
    if (Atomics.load(flags, FLAG.sections) > 0) return;
    const seen = Atomics.load(flags, FLAG.seen);
    post({ type: "interrupt" });
    setTimeout(() => escalate(seen), PATIENCE_MS);
  }

  const lines = new LineReader<Command>();
  const commands = new Socket({ fd: COMMAND_FD, readable: true, writable: false });
  commands.on("data", (chunk: Buffer) => {
    for (const command of lines.push(chunk)) {
      if (command.type === "interrupt") interrupt();
      else post(command);
    }
  });
  // The kernel's other process has gone, or wants this one to go.
  commands.on("close", () => {
    post({ type: "close" });
    setTimeout(() => process.kill(process.pid, "SIGKILL"), GRACE_MS);
  });
}
