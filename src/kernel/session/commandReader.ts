import { Socket } from "node:net";
import type { MessagePort } from "node:worker_threads";
import { DebugThread } from "../debugger/DebugThread";
import { killGroup } from "./processGroup";
import { COMMAND_FD, LineReader } from "./channel";
import type { Command } from "./channel";
import { FLAG } from "./flags";
import { Interrupter } from "./interrupter";

/** How long an orphaned session may take to exit. */
const GRACE_MS = 300;

/** Messages from the command thread to the cells' thread. */
export type ReaderMessage =
  | Exclude<Command, { readonly type: "input" | "interrupt" | "debug" }>
  /** The breakpoints of a script are set. */
  | { readonly type: "prepared"; readonly script: string }
  /** The user wants to stop this turn. */
  | { readonly type: "interrupt"; readonly turn: number }
  | { readonly type: "close" };

/** The data passed to the command thread. */
export interface ReaderData {
  readonly flags: Int32Array;
  /** Receives the user's answers; a thread blocked on one cannot receive ordinary messages. */
  readonly answers: MessagePort;
}

/** Message from the cells' thread: this script is about to run. */
export interface PrepareMessage {
  readonly type: "prepare";
  readonly script: string;
}

/** Reads commands on a separate thread, so that a stop arrives while a cell keeps the other one busy. */
export function readCommands(port: MessagePort, { flags, answers }: ReaderData): void {
  const post = (message: ReaderMessage): void => port.postMessage(message);

  const debug = new DebugThread(flags);
  port.on("message", ({ script }: PrepareMessage) => {
    void debug.prepare(script).then(() => post({ type: "prepared", script }));
  });

  const interrupter = new Interrupter({
    flags,
    ask: () => post({ type: "interrupt", turn: Atomics.load(flags, FLAG.turn) }),
    debug,
  });

  /** How many cells, and messages with handlers, were passed on. */
  let passed = 0;

  const lines = new LineReader<Command>();
  const commands = new Socket({ fd: COMMAND_FD, readable: true, writable: false });
  commands.on("data", (chunk: Buffer) => {
    for (const command of lines.push(chunk)) {
      if (command.type === "interrupt") interrupter.press(passed);
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
  // The protocol process has exited, or wants this one to exit.
  commands.on("close", () => {
    post({ type: "close" });
    setTimeout(() => killGroup(process.pid, "SIGKILL"), GRACE_MS);
  });
}
