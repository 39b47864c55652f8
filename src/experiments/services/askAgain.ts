import { ServiceUnavailable } from "./requestJson";

const PAUSE_MS = 1000;

/**
 * Retries a request to a service that may be restarting, with one message on stderr.
 *
 * @param seconds how long to retry; 0 tries once
 * @throws the last error; at once if the service answers with an error
 */
export async function askAgain<T>(seconds: number, ask: () => Promise<T>): Promise<T> {
  const until = performance.now() + 1000 * seconds;
  for (let hasSaid = false; ; hasSaid = true) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ServiceUnavailable) || performance.now() >= until) throw error;
      if (!hasSaid) {
        const reason = error.message.replace(/\.$/, "");
        process.stderr.write(`${reason}. Asking again for ${seconds} s\n`);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
