import { writeSync } from "node:fs";
import { MESSAGE_FD, toLine } from "./channel";
import type { Bundle, SessionMessage, SessionOutput } from "./channel";

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** Writes a complete line before returning, so that a crash right after it loses nothing. */
function writeAll(bytes: Buffer): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(MESSAGE_FD, bytes, written);
    } catch (error) {
      if (errorCode(error) === "EPIPE") return; // the other end is closed
      if (errorCode(error) !== "EAGAIN") throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}

/** Sends a message to the kernel's other process. */
export function send(message: SessionMessage): void {
  writeAll(Buffer.from(toLine(message)));
}

/** Encodes bytes as base64, as Jupyter stores pictures; JSON would make them an object of numbers. */
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
