import { writeSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { MESSAGE_FD, toLine } from "./channel";
import type { Bundle, SessionMessage, SessionOutput } from "./channel";

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

/** Bytes as base64, as Jupyter keeps pictures; JSON would make them an object of numbers. */
function withoutBytes(bundle: Bundle): Bundle {
  const entries = Object.entries(bundle).map(([type, data]) => [
    type,
    data instanceof Uint8Array ? Buffer.from(data).toString("base64") : data,
  ]);
  return Object.fromEntries(entries) as Bundle;
}

/** Sends what a cell prints or shows. */
export function sendOutput(output: SessionOutput): void {
  const sent = "bundle" in output ? { ...output, bundle: withoutBytes(output.bundle) } : output;
  send({ type: "output", output: sent });
}

type WriteCallback = (error?: Error | null) => void;

/** Sends what JavaScript writes to the standard streams to the running cell. */
export function captureStreams(): void {
  for (const name of ["stdout", "stderr"] as const) {
    // A pipe cuts a child's text anywhere, in the middle of a character too.
    const decoder = new StringDecoder("utf8");
    process[name].write = (
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | WriteCallback,
      callback?: WriteCallback,
    ): boolean => {
      const text = typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk));
      if (text !== "") sendOutput({ type: "stream", name, text });
      const done = typeof encoding === "function" ? encoding : callback;
      if (done !== undefined) process.nextTick(done);
      return true;
    };
  }
}
