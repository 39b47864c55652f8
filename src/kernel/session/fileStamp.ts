import { statSync } from "node:fs";

/** Changes whenever the file changes: its time and size, or that it is missing. */
export function fileStamp(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? "gone" : `${found.mtimeMs} ${found.size}`;
}
