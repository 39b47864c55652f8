import { readFile, readdir, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { DataError } from "../core/errors";
import { asDataError } from "./systemErrors";

/** The maximum size of a file that is read into memory at once, except volumes. */
const MAX_FILE_BYTES = 512 * 2 ** 20;

/** Reads a whole file of at most 512 MiB. */
export async function readWholeFile(path: string, expected: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) {
      throw new DataError({
        where: path,
        expected: `${expected} of at most ${MAX_FILE_BYTES / 2 ** 20} MiB`,
        got: `${Math.ceil(size / 2 ** 20)} MiB`,
        remedy: "Split it, or store it as NIfTI",
      });
    }
    return await readFile(path);
  } catch (cause) {
    throw asDataError(path, expected, cause);
  }
}

/** The kind of entry at a path. */
export async function pathKind(path: string): Promise<"file" | "folder" | "missing"> {
  try {
    const entry = await stat(path);
    return entry.isDirectory() ? "folder" : "file";
  } catch {
    return "missing";
  }
}

/** The names in a folder, without hidden ones, in natural order (`2.png` before `10.png`). */
export async function listFolder(path: string): Promise<string[]> {
  try {
    const names = await readdir(path);
    return names.filter((name) => !name.startsWith(".")).sort(compareNaturally);
  } catch (cause) {
    throw asDataError(path, "a folder", cause);
  }
}

/** Orders `2` before `10`; ties are ordered by code point, so the order is total. */
export function compareNaturally(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true }) || (a < b ? -1 : a > b ? 1 : 0);
}

/** A file's name without its folder and extension; `.nii.gz` counts as one extension. */
export function fileStem(path: string): string {
  return basename(path).replace(/(\.nii\.gz|\.[^.]*)$/i, "");
}

/** A folder's complete name, which may contain dots (a UID, a date); for `.` that of the working directory. */
export function folderName(path: string): string {
  return basename(resolve(path));
}
