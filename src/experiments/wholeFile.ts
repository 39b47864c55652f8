import { constants } from "node:fs";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Writes a file so that a reader, whenever it looks, sees the old content whole or the new
 * content whole: a neighbour under another name is written, flushed to disk and renamed over it.
 * A process that is killed in between leaves only that neighbour, which the next write replaces.
 *
 * @param path its folder is made where it is missing
 */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const partial = join(folder, `.${basename(path)}.partial`);
  const file = await open(partial, "w");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
  await flushFolder(folder);
}

/** {@link writeWhole} of a value as JSON, indented, with a newline at its end. */
export async function writeJsonWhole(path: string, value: unknown): Promise<void> {
  await writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Lets `fill` write files into a temporary folder and moves them into `path` when it has ended.
 * Where it throws nothing is left behind, and a folder that was there keeps what it had.
 *
 * @returns the names that were moved, sorted
 */
export async function writeFolderWhole(
  path: string,
  fill: (folder: string) => Promise<void>,
): Promise<string[]> {
  const partial = join(dirname(path), `.${basename(path)}.partial`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  try {
    await fill(partial);
    const names = (await readdir(partial)).sort();
    await mkdir(path, { recursive: true });
    for (const name of names) await rename(join(partial, name), join(path, name));
    await flushFolder(path);
    return names;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Flushes a folder's list of names; without it a rename may be lost in a power cut. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
