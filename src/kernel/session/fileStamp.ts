import { statSync } from "node:fs";

/** Tells a file that has changed from what it was: its time and size, or that it is gone. */
export function fileStamp(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? "gone" : `${found.mtimeMs} ${found.size}`;
}
