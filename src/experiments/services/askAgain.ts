import { ServiceUnavailable } from "./requestJson";

const PAUSE_MS = 1000;

/**
 * Repeats a question to a service that may be restarting, and says so once on stderr.
 *
 * @param seconds how long; 0 asks once
 * @throws what the question threw last; at once for a service that answers but refuses
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
