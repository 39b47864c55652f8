import { tmpdir } from "node:os";
import { join, sep } from "node:path";

/** How a frontend computes a cell's path from its code, as reported by `debugInfo`. */
export const CELL_PATHS = {
  hashMethod: "Murmur2",
  hashSeed: 0xc70f6907,
  tmpFilePrefix: join(tmpdir(), `layerbook_${process.pid}`) + sep,
  tmpFileSuffix: ".ts",
} as const;

/**
 * MurmurHash2 of a text's UTF-8 bytes, 32 bits, as Jupyter's frontends compute it.
 *
 * @example
 * murmur2("abc", 0); // 0x13577c9b
 */
export function murmur2(text: string, seed: number): number {
  const bytes = Buffer.from(text, "utf8");
  const FACTOR = 0x5bd1e995;
  let hash = (seed ^ bytes.length) >>> 0;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    let word = Math.imul(bytes.readUInt32LE(at), FACTOR);
    word = Math.imul(word ^ (word >>> 24), FACTOR);
    hash = Math.imul(hash, FACTOR) ^ word;
  }
  const rest = bytes.length - at;
  if (rest > 0) {
    for (let index = rest - 1; index >= 0; index--) hash ^= (bytes[at + index] ?? 0) << (8 * index);
    hash = Math.imul(hash, FACTOR);
  }
  hash = Math.imul(hash ^ (hash >>> 13), FACTOR);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** The path by which frontends identify a cell; cells with the same code share it. */
export function cellPath(code: string): string {
  const { hashSeed, tmpFilePrefix, tmpFileSuffix } = CELL_PATHS;
  return `${tmpFilePrefix}${murmur2(code, hashSeed)}${tmpFileSuffix}`;
}

/** Whether {@link cellPath} made this path; if not, it is a file's. */
export function isCellPath(path: string): boolean {
  return path.startsWith(CELL_PATHS.tmpFilePrefix);
}
