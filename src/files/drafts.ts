import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { PROCESS_PLACE } from "./processPlace";

/**
 * Drafts are hidden files and folders in which an output is prepared. Their names contain the id of their
 * process, so that drafts of a killed process can be distinguished from those of a running one.
 */
const DRAFT = /^\..+\.([0-9a-f]{8})-(\d+)-[0-9a-f]{12}\.partial$/s;

/** Maximum number of characters of the output's name in a draft's name: file systems allow 255 bytes. */
const LONGEST_NAME = 48;
/** Drafts of this process that must be removed when it ends. */
const ownDrafts = new Set<string>();
/** Folders that have been cleaned up already. */
const cleanedFolders = new Set<string>();

/**
 * A unique hidden name beside `path`. A file with this name is removed when the process ends, unless the process
 * is killed; {@link removeStaleDrafts} removes it then.
 */
export function newDraft(path: string): string {
  const unique = `${PROCESS_PLACE}-${process.pid}-${randomBytes(6).toString("hex")}`;
  const name = basename(path).slice(0, LONGEST_NAME);
  const draft = resolve(dirname(path), `.${name}.${unique}.partial`);
  if (ownDrafts.size === 0) process.once("exit", removeOwnDrafts);
  ownDrafts.add(draft);
  return draft;
}

/** Records that a draft was renamed or removed. */
export function forgetDraft(draft: string): void {
  ownDrafts.delete(draft);
  if (ownDrafts.size === 0) process.off("exit", removeOwnDrafts);
}

function removeOwnDrafts(): void {
  for (const draft of ownDrafts) rmSync(draft, { recursive: true, force: true });
}

/**
 * Removes the drafts of killed processes of this machine from a folder. Drafts of running processes and of
 * other machines are kept.
 */
export async function removeStaleDrafts(folder: string): Promise<void> {
  const path = resolve(folder);
  if (cleanedFolders.has(path)) return;
  cleanedFolders.add(path);
  for (const name of await readdir(path).catch(() => [])) {
    const match = DRAFT.exec(name);
    if (match === null || match[1] !== PROCESS_PLACE || isRunning(Number(match[2]))) continue;
    await rm(join(path, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Whether a name is that of a draft. */
export function isDraft(name: string): boolean {
  return DRAFT.test(name);
}
