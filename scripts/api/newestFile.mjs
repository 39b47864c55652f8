// @ts-check
import fs from "node:fs";
import path from "node:path";

/**
 * The modification time of a folder's newest file, in milliseconds.
 *
 * @param {string} folder
 * @returns {number}
 */
export function newestFile(folder) {
  return Math.max(
    0,
    ...fs
      .readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => fs.statSync(path.join(entry.parentPath, entry.name)).mtimeMs),
  );
}
