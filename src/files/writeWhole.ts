import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { mkdir, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { stringifyJson } from "../core/json";
import { forgetDraft, newDraft, removeStaleDrafts } from "./drafts";
import { asWriteError } from "./systemErrors";

/**
 * Writes a file atomically: a reader sees either the old content or the new content, never a part. The
 * bytes go to a uniquely named draft in the same folder, which is flushed to disk and renamed. Two
 * processes may write the same path; the last rename wins.
 *
 * @param path missing folders are created
 * @throws DataError with the system's reason if the path cannot be written
 */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const folder = dirname(path);
  const draft = newDraft(path);
  try {
    await makeFolder(folder);
    await removeStaleDrafts(folder);
    const file = await open(draft, "wx");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
    await flushFolder(folder);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw asWriteError(path, cause);
  } finally {
    forgetDraft(draft);
  }
}

/**
 * As {@link writeWhole}, for callers that cannot await.
 *
 * @param mode file permissions; default the system's
 */
export function writeWholeSync(path: string, content: Uint8Array | string, mode?: number): void {
  const draft = newDraft(path);
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(draft, "wx", mode);
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw asWriteError(path, cause);
  } finally {
    forgetDraft(draft);
  }
}

/**
 * Writes a value as indented JSON with a newline at its end, as {@link writeWhole} does. NaN and infinite
 * numbers are kept; `parseJson` reads them.
 */
export async function writeJsonWhole(path: string, value: unknown): Promise<void> {
  await writeWhole(path, `${stringifyJson(value, 2)}\n`);
}

/**
 * Lets `fill` write files into a draft folder inside `path`, then renames each into `path`. The draft has a
 * unique name and is inside the target, so that other processes may write there too and the renames stay
 * on one file system. If `fill` throws or the process ends, the target keeps its old content; drafts of a
 * killed process are removed by the next write into the folder.
 *
 * @returns the names of the files that were written, sorted
 * @throws DataError with the system's reason if the folder cannot be written
 */
export async function writeFolderWhole(
  path: string,
  fill: (folder: string) => Promise<void>,
): Promise<string[]> {
  const draft = newDraft(join(path, "folder"));
  let created: string | undefined;
  try {
    created = await makeFolder(path);
    await removeStaleDrafts(path);
    await mkdir(draft);
  } catch (cause) {
    forgetDraft(draft);
    throw asWriteError(path, cause);
  }
  let isDone = false;
  try {
    await fill(draft);
    const names = (await readdir(draft)).sort();
    for (const name of names) {
      const target = join(path, name);
      await rename(join(draft, name), target).catch((cause: unknown) => {
        throw asWriteError(target, cause);
      });
    }
    await flushFolder(path);
    isDone = true;
    return names;
  } finally {
    await rm(draft, { recursive: true, force: true });
    forgetDraft(draft);
    // Remove a folder created for this, unless another process has written into it.
    if (!isDone && created !== undefined) await rmdir(path).catch(() => undefined);
  }
}

/**
 * Creates a folder and its parents.
 *
 * @returns the topmost folder that was created
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  const missing: string[] = [];
  for (let place = resolve(path); !existsSync(place); place = dirname(place)) missing.push(place);
  // Create folders one by one: where none can be created, such as in /proc, Node's `recursive` never returns, and
  // on a read-only disk it fails with "no such file".
  for (const place of missing.reverse()) {
    await mkdir(place).catch(async (cause: unknown) => {
      // Another process may have created it in the meantime.
      if (!(await stat(place).catch(() => null))?.isDirectory()) throw cause;
    });
  }
  if (missing.length === 0) await mkdir(path, { recursive: true });
  return missing.at(0);
}

/** Flushes a folder's directory entries, since otherwise a power failure may lose a rename. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
