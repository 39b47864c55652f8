import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { compareNaturally } from "./readFiles";
import { asDataError } from "./systemErrors";

/** Folders nested deeper than this are not followed. */
const MAX_DEPTH = 12;

/** A folder's entries; links are resolved. */
export interface FolderEntries {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/**
 * The names in a folder, without hidden ones, in natural order (`2.png` before `10.png`).
 *
 * @throws DataError for a dangling link, whose file would otherwise be missing silently
 */
export async function listEntries(path: string): Promise<FolderEntries> {
  try {
    const files: string[] = [];
    const folders: string[] = [];
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (entry.name.startsWith(".")) continue;
      const isFolder = entry.isSymbolicLink()
        ? await isLinkToFolder(join(path, entry.name))
        : entry.isDirectory();
      (isFolder ? folders : files).push(entry.name);
    }
    return { files: files.sort(compareNaturally), folders: folders.sort(compareNaturally) };
  } catch (cause) {
    throw asDataError(path, "a folder", cause);
  }
}

async function isLinkToFolder(link: string): Promise<boolean> {
  try {
    return (await stat(link)).isDirectory();
  } catch (cause) {
    throw asDataError(link, "a file or folder", cause);
  }
}

/**
 * The paths of all files below a folder, folder by folder in natural order. Hidden files are left out, and
 * links to folders that were already visited are not followed.
 *
 * @throws DataError as {@link listEntries} does
 */
export async function* walkFolder(path: string): AsyncGenerator<string> {
  yield* walk(path, new Set(), 0);
}

async function* walk(path: string, visited: Set<string>, depth: number): AsyncGenerator<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  const identity = `${dev}:${ino}`;
  if (visited.has(identity) || depth > MAX_DEPTH) return;
  visited.add(identity);
  const { files, folders } = await listEntries(path);
  for (const name of files) yield join(path, name);
  for (const name of folders) yield* walk(join(path, name), visited, depth + 1);
}
