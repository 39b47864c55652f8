import { closeSync, openSync } from "node:fs";

const STDERR = 2;

/**
 * Runs `body` with the process' stderr closed to native code.
 *
 * TensorFlow's libraries print notices while they are loaded, before any log level can be set.
 * Where the descriptor cannot be opened again by name (a socket, no `/proc`), nothing is done: a
 * notice too many is better than a lost error.
 */
export function quietly<T>(body: () => T): T {
  let saved: number;
  try {
    // Appending, so that a file that stderr was sent to is not cut.
    saved = openSync("/proc/self/fd/2", "a");
  } catch {
    return body();
  }
  // The lowest free descriptor is taken by the next open: 2 itself.
  const redirect = (path: string, flags: string): boolean => {
    closeSync(STDERR);
    const descriptor = openSync(path, flags);
    if (descriptor !== STDERR) closeSync(descriptor);
    return descriptor === STDERR;
  };
  redirect("/dev/null", "w");
  try {
    return body();
  } finally {
    redirect(`/proc/self/fd/${saved}`, "a");
    closeSync(saved);
  }
}
