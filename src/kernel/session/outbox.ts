import { writeSync } from "node:fs";
import { MESSAGE_FD, toLine } from "./channel";
import type { SessionMessage, SessionOutput } from "./channel";

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** Writes all of a line before it returns, so that a crash right after it loses nothing. */
function writeAll(bytes: Buffer): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(MESSAGE_FD, bytes, written);
    } catch (error) {
      if (errorCode(error) === "EPIPE") return; // nobody listens any more
      if (errorCode(error) !== "EAGAIN") throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}

/** Sends a message to the kernel's other process. */
export function send(message: SessionMessage): void {
  writeAll(Buffer.from(toLine(message)));
}

/** Sends what a cell prints or shows. */
export function sendOutput(output: SessionOutput): void {
  send({ type: "output", output });
}

type WriteCallback = (error?: Error | null) => void;

/** Sends what JavaScript writes to the standard streams to the running cell. */
export function captureStreams(): void {
  for (const name of ["stdout", "stderr"] as const) {
    process[name].write = (
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | WriteCallback,
      callback?: WriteCallback,
    ): boolean => {
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
      sendOutput({ type: "stream", name, text });
      const done = typeof encoding === "function" ? encoding : callback;
      if (done !== undefined) process.nextTick(done);
      return true;
    };
  }
}
