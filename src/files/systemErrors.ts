import { existsSync, lstatSync } from "node:fs";
import { DataError } from "../core/errors";

const DANGLING_REMEDY = "Fix the link, or put the file itself in its place";
/** For a dangling link, since "no such file" would be confusing for a name that the folder lists. */
const DANGLING = ["a link whose target does not exist", DANGLING_REMEDY] as const;

const HOME_REMEDY =
  'Only a shell turns "~" into your home folder: write the path in full, or join(homedir(), …) with homedir from node:os';

/** Descriptions of system errors, with remedies. */
const READ_ERRORS: SystemErrors = {
  ENOENT: ["nothing at that path", "Check the path for a typing error"],
  EACCES: ["a file that may not be opened", "Give yourself read permission, or copy it"],
  EPERM: ["a file that may not be opened", "Give yourself read permission, or copy it"],
  EISDIR: ["a folder", "Name a file inside it"],
  ENOTDIR: ["a path that goes through a file", "Check the path for a typing error"],
  ELOOP: ["a link that leads back to itself", DANGLING_REMEDY],
  ENAMETOOLONG: ["a name that is too long", "Choose a shorter one"],
  EMFILE: ["too many open files", "Raise the limit (ulimit -n), or read fewer files at a time"],
};

const ELSEWHERE = "Choose another place for the output";
const NOT_YOURS = ["a place that you may not write to", ELSEWHERE] as const;
const WRITE_ERRORS: SystemErrors = {
  ENOENT: ["nothing at that path", ELSEWHERE],
  EACCES: NOT_YOURS,
  EPERM: NOT_YOURS,
  EISDIR: ["a folder", ELSEWHERE],
  EEXIST: ["a file where a folder should be", ELSEWHERE],
  ENOTDIR: ["a path that goes through a file", ELSEWHERE],
  ENOSPC: ["a full disk", "Free some space and run it again"],
  EDQUOT: ["a full quota", "Free some space and run it again"],
  EROFS: ["a read-only file system", ELSEWHERE],
  ENAMETOOLONG: ["a name that is too long", "Choose a shorter one"],
};

type SystemErrors = Readonly<Record<string, readonly [got: string, remedy: string]>>;

/** Turns a system error from reading into a {@link DataError} that names the file. */
export function asDataError(path: string, expected: string, cause: unknown): DataError {
  return typed(path, expected, cause, READ_ERRORS, "Make or fetch the file again");
}

/** The same for errors from writing. */
export function asWriteError(path: string, cause: unknown): DataError {
  return typed(path, "a place to write to", cause, WRITE_ERRORS, ELSEWHERE);
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

function typed(
  path: string,
  expected: string,
  cause: unknown,
  errors: SystemErrors,
  otherwise: string,
): DataError {
  if (cause instanceof DataError) return cause;
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? "";
  // A folder cannot be created in place of a link, even a dangling one.
  const isDangling = ["ENOENT", "EEXIST"].includes(code) && isLink(path) && !existsSync(path);
  const known = isDangling ? DANGLING : errors[code];
  const got = known?.[0] ?? (cause instanceof Error ? cause.message : String(cause));
  const isHome = code === "ENOENT" && /^~(\/|$)/.test(path);
  return new DataError({
    where: path === "" ? '""' : path,
    expected,
    got,
    remedy: isHome ? HOME_REMEDY : (known?.[1] ?? otherwise),
    cause,
  });
}
