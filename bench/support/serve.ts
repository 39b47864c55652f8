import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** High-water mark of resident memory in MiB; `null` if the system does not report it. */
export function peakMiB(): number | null {
  try {
    const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"));
    return match === null ? null : Number(match[1]) / 1024;
  } catch {
    return null;
  }
}

function resetPeak(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Not available on every system; the peak is then that of the entire process.
  }
}

/**
 * Answers the commands of `interleave` on standard input.
 *
 * @param once runs one step until its result is known
 * @param figures further values that the bench needs
 */
export function serve(
  once: () => unknown,
  figures: Readonly<Record<string, number | string>> = {},
): void {
  const timed = async (times = 1): Promise<number> => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < times; i++) {
      const result = once();
      // A synchronous step is timed without an extra turn of the event loop.
      if (result instanceof Promise) await result;
    }
    return Number(process.hrtime.bigint() - start) / 1e6 / times;
  };
  const say = (answer: object): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);
  const answer = async (): Promise<void> => {
    say({ firstMs: await timed(), ...figures });
    for await (const command of createInterface({ input: process.stdin })) {
      const [name, times] = command.split(" ");
      if (name === "run") say({ ms: await timed(Number(times)) });
      else if (command === "peak") say({ peakMiB: peakMiB() });
      else {
        resetPeak();
        say({});
      }
    }
  };
  void answer();
}
