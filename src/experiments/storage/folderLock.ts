import { randomBytes } from "node:crypto";
import { link, open, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import * as z from "zod";
import { ConfigError, LayerbookError } from "../../core/errors";
import { forgetDraft, newDraft } from "../../files/drafts";
import { PROCESS_PLACE } from "../../files/processPlace";
import { pathKind } from "../../files/readFiles";
import { asWriteError } from "../../files/systemErrors";
import { makeFolder, writeWhole } from "../../files/writeWhole";
import { processStart } from "./processStart";
import { readRecord } from "./readRecord";

export const LOCK_FILE = "lock.json";
/** Heartbeat interval of an owner, for processes on other machines and in other containers. */
const HEARTBEAT_MS = 60_000;
/** An owner elsewhere whose heartbeat is further away than this is considered dead. */
const SILENCE_MS = 10 * HEARTBEAT_MS;
/** The first characters of every lock file. */
const FIRST_BYTE = "{";

const ownerSchema = z.strictObject({
  host: z.string(),
  /** Where the process id is meaningful; see `PROCESS_PLACE`. */
  place: z.string(),
  pid: z.int(),
  /** See `processStart`. */
  processStart: z.string(),
  /** When the lock was taken, for display. */
  since: z.string(),
  /** Distinguishes two owners in one process. */
  token: z.string(),
});

/** The process that writes to a folder. */
export type Owner = z.infer<typeof ownerSchema>;

/**
 * Runs `body` while holding a lock on a folder, against other processes and other calls in this one.
 * A lock that a dead process left behind is taken over.
 *
 * @param folder created if missing
 * @throws ConfigError immediately if the folder is locked; DataError if it cannot be written to
 */
export async function withFolderLock<T>(folder: string, body: () => Promise<T>): Promise<T> {
  const path = join(folder, LOCK_FILE);
  const token = await takeFolder(folder, path);
  const heartbeat = setInterval(() => void beat(path).catch(() => undefined), HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await body();
  } finally {
    clearInterval(heartbeat);
    await release(path, token);
  }
}

/** Marks a lock as in use now, by the clock of its file system: clocks of two machines may differ. */
async function beat(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.write(FIRST_BYTE, 0);
  } finally {
    await file.close();
  }
}

/** How often the lock of a folder is checked while waiting. */
const WAIT_MS = 500;

/** Thrown when a wait for a folder is cancelled. */
export class StoppedWaiting extends Error {}

/**
 * As {@link withFolderLock}, but waits if the folder is locked, with one message on stderr.
 *
 * @param isStopped checked while waiting
 * @throws StoppedWaiting if it returns true
 */
export async function withFreeFolder<T>(
  folder: string,
  isStopped: () => boolean,
  body: () => Promise<T>,
): Promise<T> {
  let hasSaid = false;
  for (;;) {
    let isTaken = false;
    try {
      return await withFolderLock(folder, () => {
        isTaken = true;
        return body();
      });
    } catch (error) {
      if (isTaken || !(error instanceof FolderInUse)) throw error;
      if (!hasSaid)
        console.warn(`${folder}: waiting, since it is ${error.got.replace(/^one /, "")}`);
      hasSaid = true;
    }
    if (isStopped()) throw new StoppedWaiting();
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  }
}

/**
 * The running process that has locked a folder.
 *
 * @returns `null` if the folder is not locked
 */
export async function folderOwner(folder: string): Promise<Owner | null> {
  const path = join(folder, LOCK_FILE);
  const owner = await readOwner(path);
  return owner !== null && (await isAlive(path, owner)) ? owner : null;
}

/** Whether a folder has a lock file, of a running or a killed process. */
export async function hasLock(folder: string): Promise<boolean> {
  return (await pathKind(join(folder, LOCK_FILE))) !== "missing";
}

/**
 * Rejects a locked folder before any work is done for it.
 *
 * @throws ConfigError that names the owner
 */
export async function expectNoOwner(folder: string): Promise<void> {
  const owner = await folderOwner(folder);
  if (owner !== null) throw refusal(join(folder, LOCK_FILE), owner);
}

/** As {@link acquire}, with readable system errors. */
async function takeFolder(folder: string, path: string): Promise<string> {
  try {
    await makeFolder(folder);
    return await acquire(path);
  } catch (cause) {
    if (cause instanceof LayerbookError) throw cause;
    throw asWriteError(folder, cause);
  }
}

/** @returns the token of the new owner */
async function acquire(path: string): Promise<string> {
  const own: Owner = {
    host: hostname(),
    place: PROCESS_PLACE,
    pid: process.pid,
    processStart: processStart(process.pid) ?? "",
    since: new Date().toISOString(),
    token: randomBytes(12).toString("hex"),
  };
  const text = `${JSON.stringify(own)}\n`;
  for (;;) {
    if (await createExclusively(path, text)) return own.token;
    const holder = await readOwner(path);
    if (holder === null) continue;
    if (await isAlive(path, holder)) throw refusal(path, holder);
    // Only one process at a time may take over; otherwise two could both believe that they did.
    const seat = `${path}.takeover`;
    const seatToken = await acquire(seat);
    try {
      if ((await readOwner(path))?.token === holder.token) {
        await writeWhole(path, text);
        return own.token;
      }
    } finally {
      await release(seat, seatToken);
    }
  }
}

async function release(path: string, token: string): Promise<void> {
  if ((await readOwner(path))?.token === token) await rm(path, { force: true });
}

/**
 * Creates a file with all of its contents at once.
 *
 * @returns false if the file exists
 */
async function createExclusively(path: string, text: string): Promise<boolean> {
  const draft = newDraft(path);
  try {
    await writeFile(draft, text);
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
    forgetDraft(draft);
  }
}

/** @returns `null` if there is no lock */
function readOwner(path: string): Promise<Owner | null> {
  return readRecord(path, ownerSchema, {
    expected: "the lock of a folder",
    remedy: "Remove the file if nothing is running in the folder.",
  });
}

async function isAlive(path: string, owner: Owner): Promise<boolean> {
  if (owner.place === PROCESS_PLACE) return processStart(owner.pid) === owner.processStart;
  const changed = await stat(path).catch(() => null);
  if (changed === null) return false;
  // A heartbeat from the future is from before the clock was set back.
  return Math.abs((await fileSystemTime(path)) - changed.mtimeMs) < SILENCE_MS;
}

/** The current time by the clock of the file system. */
async function fileSystemTime(path: string): Promise<number> {
  const draft = newDraft(path);
  try {
    await writeFile(draft, "");
    return (await stat(draft)).mtimeMs;
  } catch {
    // The folder is read-only.
    return Date.now();
  } finally {
    await rm(draft, { force: true });
    forgetDraft(draft);
  }
}

/** The error for a folder that is locked by another process. */
class FolderInUse extends ConfigError {
  constructor(details: ConstructorParameters<typeof ConfigError>[0]) {
    super(details);
    this.name = "ConfigError";
  }
}

function refusal(path: string, { host, pid, since }: Owner): FolderInUse {
  return new FolderInUse({
    where: dirname(path),
    expected: "a folder that no other process is writing to",
    got: `one in use by process ${pid} on ${host} since ${since}`,
    remedy:
      pid === process.pid && host === hostname()
        ? "This process holds it: wait until its other call has ended, or, if that was stopped midway, restart the kernel."
        : "Wait until it has ended, or choose another folder.",
  });
}
