import { Socket } from "node:net";
import type { MessagePort } from "node:worker_threads";
import { DebugThread } from "../debugger/DebugThread";
import { killGroup } from "./processGroup";
import { COMMAND_FD, LineReader } from "./channel";
import type { Command } from "./channel";
import { FLAG } from "./flags";
import { Interrupter } from "./interrupter";

/** How long an orphan may take to end by itself. */
const GRACE_MS = 300;

/** What the reading thread tells the cells' thread beyond the commands. */
export type ReaderMessage =
  | Exclude<Command, { readonly type: "input" | "interrupt" | "debug" }>
  /** The breakpoints of a script are set. */
  | { readonly type: "prepared"; readonly script: string }
  /** The user wants the turn of that number to end. */
  | { readonly type: "interrupt"; readonly turn: number }
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

/** Reads commands on a thread of its own, so that a stop arrives while a cell keeps the other busy. */
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

  /** Cells, and messages with handlers, that were passed on. */
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
  // The kernel's other process has gone, or wants this one to go.
  commands.on("close", () => {
    post({ type: "close" });
    setTimeout(() => killGroup(process.pid, "SIGKILL"), GRACE_MS);
  });
}
