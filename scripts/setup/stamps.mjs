// @ts-check
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

/**
 * A step that succeeded leaves a stamp: the hash of what went into it, and what came out. A step
 * that is killed leaves none, for the old one is taken away before it starts.
 */
export class Stamps {
  /** @param {string} folder where they are kept */
  constructor(folder) {
    this.folder = folder;
  }

  /** @param {string} step */
  path(step) {
    return path.join(this.folder, `${step}.json`);
  }

  /**
   * What the step left, or `null` where it has not run or its stamp cannot be read.
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
 * Writes a file so that it is there whole or not at all, also when the process is killed.
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
 * The hash of anything that JSON can hold.
 *
 * @param {unknown} value
 */
export function hashOf(value) {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}

/**
 * The hash of files' names and contents; of folders, all files below.
 *
 * @param {string} root
 * @param {readonly string[]} entries relative to the root; those that are absent count as such
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
