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

/** Turns a system error into a {@link DataError} that names the file. */
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
