import { Session } from "node:inspector";
import { Socket } from "node:net";
import type { MessagePort } from "node:worker_threads";
import { DebugThread } from "../debugger/DebugThread";
import { killGroup } from "./processGroup";
import { COMMAND_FD, LineReader } from "./channel";
import type { Command } from "./channel";
import { BREAKING, FLAG, IDLE, RUNNING } from "./flags";

/** How long the cells' thread gets to answer before its JavaScript is terminated. */
const PATIENCE_MS = 100;
/** How long an inspector stays that may have no answer to wait for. */
const INSPECTOR_MS = 1000;
/** When the cells' thread is told again, should the termination have hit its listening. */
const REPEAT_MS = 300;
/** How long an orphan may take to end by itself. */
const GRACE_MS = 300;

/** What the reading thread tells the cells' thread beyond the commands. */
export type ReaderMessage =
  | Exclude<Command, { readonly type: "input" | "interrupt" | "debug" }>
  /** The breakpoints of a script are set. */
  | { readonly type: "prepared"; readonly script: string }
  | { readonly type: "interrupt" | "terminated"; readonly cell: number }
  | { readonly type: "close" };

/** What the reading thread is given. */
export interface ReaderData {
  readonly flags: Int32Array;
  /** Takes the user's answers; a thread that stands still for one cannot take messages. */
  readonly answers: MessagePort;
}

/** What the cells' thread tells the reading one: this script is about to run. */
export interface PrepareMessage {
  readonly type: "prepare";
  readonly script: string;
}

/** Breaks into whatever JavaScript the cells' thread runs. */
function terminateMainThread(): void {
  const inspector = new Session();
  inspector.connectToMainThread();
  inspector.post("Runtime.terminateExecution");
  // Its answer may be lost with what it terminated.
  setTimeout(() => inspector.disconnect(), INSPECTOR_MS);
}

/**
 * Reads commands on a thread of its own, so that a stop arrives while a cell keeps the other one
 * busy.
 *
 * First the flag is raised. A section that polls it (a training) is left to end by itself. Else the
 * cells' thread is asked, which ends a cell that waits; if it does not even answer, it is in a loop
 * and its JavaScript is terminated.
 */
export function readCommands(port: MessagePort, { flags, answers }: ReaderData): void {
  const post = (message: ReaderMessage): void => port.postMessage(message);

  function escalate(cell: number, seen: number): void {
    const isStuck =
      Atomics.load(flags, FLAG.cell) === cell &&
      Atomics.load(flags, FLAG.seen) === seen &&
      Atomics.load(flags, FLAG.sections) === 0;
    // One step: a cell that ends now must see that a termination is on its way.
    if (!isStuck || Atomics.compareExchange(flags, FLAG.running, RUNNING, BREAKING) !== RUNNING) {
      return;
    }
    terminateMainThread();
    post({ type: "terminated", cell });
    setTimeout(() => post({ type: "terminated", cell }), REPEAT_MS);
  }

  const debug = new DebugThread(flags);
  port.on("message", ({ script }: PrepareMessage) => {
    void debug.prepare(script).then(() => post({ type: "prepared", script }));
  });

  /** Ends a cell that stands at a breakpoint where it stands. */
  function endPaused(cell: number): void {
    const mayEnd =
      Atomics.load(flags, FLAG.sections) === 0 &&
      Atomics.compareExchange(flags, FLAG.running, RUNNING, BREAKING) === RUNNING;
    debug.resume({ terminate: mayEnd });
    if (!mayEnd) return;
    post({ type: "terminated", cell });
    setTimeout(() => post({ type: "terminated", cell }), REPEAT_MS);
  }

  /** Cells, and messages with handlers, that were passed on. */
  let passed = 0;

  function interrupt(): void {
    // One that has not begun, since the session is still loading, ends as soon as it would begin.
    Atomics.store(flags, FLAG.stopped, passed);
    if (Atomics.load(flags, FLAG.running) === IDLE) return;
    // A cell that is still being compiled sees it before it runs.
    Atomics.store(flags, FLAG.requested, 1);
    if (Atomics.load(flags, FLAG.sections) > 0 && !debug.isPaused) return;
    const cell = Atomics.load(flags, FLAG.cell);
    if (debug.isPaused) return endPaused(cell);
    const seen = Atomics.load(flags, FLAG.seen);
    post({ type: "interrupt", cell });
    setTimeout(() => escalate(cell, seen), PATIENCE_MS);
  }

  const lines = new LineReader<Command>();
  const commands = new Socket({ fd: COMMAND_FD, readable: true, writable: false });
  commands.on("data", (chunk: Buffer) => {
    for (const command of lines.push(chunk)) {
      if (command.type === "interrupt") interrupt();
      else if (command.type === "debug") debug.handle(command);
      else if (command.type === "input") {
        answers.postMessage(command.value);
        Atomics.add(flags, FLAG.answered, 1);
        Atomics.notify(flags, FLAG.answered);
      } else {
        if (command.type === "execute" || command.type === "comm") passed++;
        post(command);
      }
    }
  });
  // The kernel's other process has gone, or wants this one to go.
  commands.on("close", () => {
    post({ type: "close" });
    setTimeout(() => killGroup(process.pid, "SIGKILL"), GRACE_MS);
  });
}
