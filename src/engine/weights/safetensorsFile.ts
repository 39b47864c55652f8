import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { DataError } from "../../core/errors";
import { readSafetensors, writeSafetensors } from "../../core/weights/safetensors";
import type { WeightMap, WeightTensor } from "../../core/weights/WeightTensor";
import { writeWholeSync } from "../../files/writeWhole";

function openFile(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw new DataError({
      where: path,
      expected: "a safetensors file",
      got: (cause as NodeJS.ErrnoException).code ?? "an error",
      cause,
    });
  }
}

/**
 * Reads a safetensors file tensor by tensor; see `readSafetensors` for what is rejected.
 *
 * @param path of the file
 * @returns tensors by name
 * @throws DataError if it cannot be opened or is not a valid safetensors file
 */
export function readSafetensorsFile(path: string): Map<string, WeightTensor> {
  const descriptor = openFile(path);
  try {
    const { size } = fstatSync(descriptor);
    const read = (offset: number, length: number): Uint8Array => {
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const count = readSync(descriptor, bytes, done, length - done, offset + done);
        if (count === 0) {
          throw new DataError({
            where: path,
            expected: `${size} bytes`,
            got: `the end at byte ${offset + done}`,
            remedy: "The file was truncated while it was being read.",
          });
        }
        done += count;
      }
      return bytes;
    };
    return readSafetensors(basename(path), { size, read });
  } finally {
    closeSync(descriptor);
  }
}

/** Writes a safetensors file atomically: a reader never sees a partial file. */
export function writeSafetensorsFile(
  path: string,
  tensors: WeightMap,
  metadata: Readonly<Record<string, string>> = {},
): void {
  writeWholeSync(path, writeSafetensors(tensors, metadata));
}
