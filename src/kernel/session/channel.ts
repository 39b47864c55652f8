/**
 * Messages between the two processes of a kernel: the protocol process, which owns the sockets, and
 * the session, which runs the cells. Lines of JSON over two pipes.
 */

import type { DapEvent, DapRequest, DapResponse } from "../debugger/protocol";

/** Data by MIME type. */
export type Bundle = Readonly<Record<string, unknown>>;

/** An error as Jupyter shows it. */
export interface CellError {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

/** A comm message as sent between the two processes. */
export interface CommFrame {
  readonly kind: "comm_open" | "comm_msg" | "comm_close";
  readonly commId: string;
  /** Set when a comm opens; otherwise empty. */
  readonly target: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** In base64. */
  readonly buffers: readonly string[];
}

/** To the session. */
export type Command =
  | {
      readonly type: "execute";
      readonly id: number;
      readonly code: string;
      /** The execution count. */
      readonly count: number;
      readonly silent: boolean;
      readonly allowStdin: boolean;
      readonly userExpressions: Readonly<Record<string, string>>;
    }
  | {
      readonly type: "complete" | "inspect";
      readonly id: number;
      readonly code: string;
      /** In UTF-16 code units. */
      readonly cursor: number;
    }
  | { readonly type: "isComplete"; readonly id: number; readonly code: string }
  /** A comm message from the frontend; its handlers run like a cell. */
  | { readonly type: "comm"; readonly id: number; readonly frame: CommFrame }
  /** Answered by the session's second thread, on {@link DEBUG_FD}. */
  | { readonly type: "debug"; readonly id: number; readonly request: DapRequest }
  | { readonly type: "input"; readonly value: string }
  | { readonly type: "interrupt" };

/** The session's answer to a command, apart from its id. */
export type Answer =
  | {
      readonly type: "executed";
      readonly error: CellError | null;
      readonly userExpressions: Readonly<Record<string, unknown>>;
      readonly payload: readonly Readonly<Record<string, unknown>>[];
    }
  | {
      readonly type: "completed";
      readonly matches: readonly CompletionMatch[];
      readonly start: number;
      readonly end: number;
    }
  | { readonly type: "inspected"; readonly bundle: Bundle | null }
  | { readonly type: "debugged"; readonly response: DapResponse }
  /** The errors of a comm message's handlers. */
  | { readonly type: "handled"; readonly errors: readonly CellError[] }
  | {
      readonly type: "judged";
      readonly status: "complete" | "incomplete" | "invalid";
      readonly indent: string;
    };

/** One completion. */
export interface CompletionMatch {
  readonly text: string;
  /** TypeScript's name for it: function, const, class, … */
  readonly kind: string;
  /** The first sentence of its docs. */
  readonly documentation?: string;
}

/** Output of the session during or after a cell. */
export type SessionOutput =
  | { readonly type: "stream"; readonly name: "stdout" | "stderr"; readonly text: string }
  | {
      readonly type: "display";
      readonly bundle: Bundle;
      readonly id: string | null;
      readonly update: boolean;
    }
  | { readonly type: "result"; readonly bundle: Bundle }
  | { readonly type: "clear"; readonly wait: boolean }
  | { readonly type: "comm"; readonly frame: CommFrame }
  | { readonly type: "debugEvent"; readonly event: DapEvent }
  | { readonly type: "inputRequest"; readonly prompt: string; readonly password: boolean };

/** Messages from the session. */
export type SessionMessage =
  | { readonly type: "ready" }
  | { readonly type: "output"; readonly output: SessionOutput }
  | { readonly type: "answer"; readonly id: number; readonly answer: Answer };

/** The pipes' file descriptors in the session process. */
export const COMMAND_FD = 4;
export const MESSAGE_FD = 3;
/** The second thread has a separate pipe: two threads writing to one would mix their lines. */
export const DEBUG_FD = 5;

/** Splits a stream of bytes into lines of JSON. */
export class LineReader<T> {
  #rest: Buffer[] = [];

  /** The messages that `chunk` completes. */
  push(chunk: Buffer): T[] {
    const messages: T[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      this.#rest.push(chunk.subarray(start, end));
      messages.push(JSON.parse(Buffer.concat(this.#rest).toString()) as T);
      this.#rest = [];
      start = end + 1;
    }
    if (start < chunk.length) this.#rest.push(chunk.subarray(start));
    return messages;
  }
}

/** A message as one line. */
export function toLine(message: Command | SessionMessage): string {
  return `${JSON.stringify(message)}\n`;
}
