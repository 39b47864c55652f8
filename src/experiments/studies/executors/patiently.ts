import { LayerbookError } from "../../../core/errors";

/** How long a service may be unavailable before a study that watches its jobs there gives up. */
const PATIENCE_MS = 10 * 60_000;

/**
 * Repeats a question to a service that may be restarted in the middle of a long study: where it fails, the
 * answer is the last one, and a line on stderr says so once.
 *
 * @param first the answer until there is one
 * @param now a clock that is never set back
 * @returns a function that fails only when the service has been unavailable for ten minutes
 */
export function patiently<T>(
  ask: () => Promise<T>,
  first: T,
  now: () => number = () => performance.now(),
): () => Promise<T> {
  let last = first;
  let failingSince: number | null = null;
  return async () => {
    try {
      last = await ask();
      failingSince = null;
    } catch (error) {
      if (!(error instanceof LayerbookError)) throw error;
      if (failingSince === null) {
        failingSince = now();
        const reason = error.message.replace(/\.$/, "");
        process.stderr.write(
          `${reason}. The jobs are not affected; trying again for up to 10 minutes\n`,
        );
      } else if (now() - failingSince > PATIENCE_MS) throw error;
    }
    return last;
  };
}
