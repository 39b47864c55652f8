import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DataError } from "../core/errors";

/** The system's reason, in words, with the remedy. */
const SYSTEM_ERRORS: Readonly<Record<string, readonly [got: string, remedy: string]>> = {
  ENOENT: ["nothing at that path", "Check the path for a typing error"],
  EACCES: ["a file that may not be opened", "Give yourself read permission, or copy it"],
  EISDIR: ["a folder", "Name a file inside it"],
  ENOTDIR: ["a path that goes through a file", "Check the path for a typing error"],
  ENOSPC: ["a full disk", "Free some space and run it again"],
  EROFS: ["a read-only file system", "Choose another output folder"],
};

/** Turns a system error into a {@link DataError} that names the file; passes a LayerbookError on. */
export function asDataError(path: string, expected: string, cause: unknown): DataError {
  if (cause instanceof DataError) return cause;
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? "";
  const known = SYSTEM_ERRORS[code];
  const message = cause instanceof Error ? cause.message : String(cause);
  return new DataError({
    where: path,
    expected,
    got: known?.[0] ?? message,
    remedy: known?.[1] ?? "Make or fetch the file again",
    cause,
  });
}

/** The largest single file that a reader takes into memory at once, except volumes. */
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

/** What stands at a path. */
export async function pathKind(path: string): Promise<"file" | "folder" | "missing"> {
  try {
    const entry = await stat(path);
    return entry.isDirectory() ? "folder" : "file";
  } catch {
    return "missing";
  }
}

/** The names in a folder, hidden ones left out, in natural order (`2.png` before `10.png`). */
export async function listFolder(path: string): Promise<string[]> {
  try {
    const names = await readdir(path);
    return names.filter((name) => !name.startsWith(".")).sort(compareNaturally);
  } catch (cause) {
    throw asDataError(path, "a folder", cause);
  }
}

/** `2` before `10`; ties by code point, so the order is total. */
export function compareNaturally(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true }) || (a < b ? -1 : a > b ? 1 : 0);
}

/** A file's name without folder and ending; `.nii.gz` counts as one ending. */
export function fileStem(path: string): string {
  return basename(path).replace(/(\.nii\.gz|\.[^.]*)$/i, "");
}

/**
 * Writes a file whole or not at all: into a neighbour first, flushed, then renamed. Missing folders
 * are made.
 */
export async function writeWholeFile(path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  const draft = join(folder, `.${basename(path)}.${randomBytes(6).toString("hex")}.part`);
  try {
    await mkdir(folder, { recursive: true });
    const handle = await open(draft, "wx");
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true });
    throw asDataError(path, "a place to write to", cause);
  }
}
