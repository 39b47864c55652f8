import { LayerbookError } from "../../../core/errors";

/** How long a service may be unavailable before a study that watches jobs there fails. */
const PATIENCE_MS = 10 * 60_000;

/**
 * Polls a service that may be restarted during a long study. If a request fails, the last answer is used and
 * a warning is written to stderr once.
 *
 * @param first the answer before the first successful request
 * @param now a monotonic clock
 * @returns a function that fails only if the service has been unavailable for ten minutes
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
