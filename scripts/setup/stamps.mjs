// @ts-check
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

/**
 * A step that succeeds writes a stamp: the hash of its inputs, and its result. A step that is killed
 * has none, since the old one is deleted before it starts.
 */
export class Stamps {
  /** @param {string} folder where they are stored */
  constructor(folder) {
    this.folder = folder;
  }

  /** @param {string} step */
  path(step) {
    return path.join(this.folder, `${step}.json`);
  }

  /**
   * The stamp of a step, or `null` if it has not run or its stamp cannot be read.
   *
   * @param {string} step
   * @returns {{key: string, result: any} | null}
   */
  read(step) {
    try {
      const stamp = JSON.parse(fs.readFileSync(this.path(step), "utf8"));
      return typeof stamp.key === "string" ? stamp : null;
    } catch {
      return null;
    }
  }

  /**
   * @param {string} step
   * @param {string} key
   * @param {unknown} result
   */
  write(step, key, result) {
    writeWhole(this.path(step), `${JSON.stringify({ key, result }, null, 2)}\n`);
  }

  /** @param {string} step */
  clear(step) {
    fs.rmSync(this.path(step), { force: true });
  }
}

/**
 * Writes a file atomically: completely or not at all, even if the process is killed.
 *
 * @param {string} file
 * @param {string | Uint8Array} content
 * @param {number} [mode]
 */
export function writeWhole(file, content, mode = 0o644) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const partial = `${file}.${process.pid}.partial`;
  try {
    const handle = fs.openSync(partial, "w", mode);
    try {
      fs.writeFileSync(handle, content);
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
    fs.renameSync(partial, file);
  } finally {
    fs.rmSync(partial, { force: true });
  }
}

/**
 * The hash of a JSON value.
 *
 * @param {unknown} value
 */
export function hashOf(value) {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}

/**
 * The hash of files' names and contents; for folders, of all files in them.
 *
 * @param {string} root
 * @param {readonly string[]} entries relative to the root; missing ones are hashed as missing
 */
export function hashFiles(root, entries) {
  const hash = createHash("sha256");
  for (const entry of entries) {
    for (const file of filesBelow(path.join(root, entry))) {
      hash.update(`${path.relative(root, file)}\0`);
      hash.update(fs.readFileSync(file));
      hash.update("\0");
    }
  }
  return hash.digest("hex").slice(0, 16);
}

/**
 * @param {string} place
 * @returns {string[]} sorted
 */
function filesBelow(place) {
  const stat = fs.statSync(place, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (stat.isFile()) return [place];
  return fs
    .readdirSync(place)
    .sort()
    .flatMap((name) => filesBelow(path.join(place, name)));
}
