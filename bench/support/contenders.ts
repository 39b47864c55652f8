import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

/** A row of a bench's table and of `bench/results/NAME.json`. */
export interface Row {
  readonly case: string;
  readonly implementation: string;
  readonly bestMs: number;
  readonly medianMs: number;
  /** Peak resident memory of the implementation's process after its first run. */
  readonly peakMiB: number | null;
}

/** Options that `npm run bench` passes to a bench. */
export interface BenchOptions {
  readonly repetitions: number;
  /** Compiles a TypeScript file to one that Node runs. */
  readonly bundle: (entry: string) => string;
}

/** How to start an implementation: a separate process that answers each line with a line of JSON. */
export interface Contender {
  readonly implementation: string;
  readonly command: readonly string[];
}

/** The message of a process that is ready. */
interface Ready {
  readonly parameters: number;
  readonly firstMs: number;
  readonly [figure: string]: number | string;
}

/**
 * An implementation in a separate process: `run` does one step, `reset` resets the memory's high-water mark,
 * `peak` returns it.
 */
class Worker {
  private constructor(
    readonly implementation: string,
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
  ) {}

  static start({ implementation, command: [program, ...args] }: Contender): Worker {
    const child = spawn(program, args, {
      stdio: ["pipe", "pipe", process.env["BENCH_VERBOSE"] === undefined ? "ignore" : "inherit"],
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3", OMP_NUM_THREADS: "2" },
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new Worker(implementation, child, lines);
  }

  async answer<T>(): Promise<T> {
    const line: IteratorResult<string, unknown> = await this.lines.next();
    if (line.done === true) {
      throw new Error(`${this.implementation} ended early; run with BENCH_VERBOSE=1 to see why`);
    }
    return JSON.parse(line.value) as T;
  }

  ask<T>(command: `run ${number}` | "reset" | "peak"): Promise<T> {
    this.child.stdin?.write(`${command}\n`);
    return this.answer<T>();
  }

  stop(): void {
    this.child.kill();
  }
}

const SETTLE_ROUNDS = 2;

/** Pause before each run: the previous implementation's threads may briefly spin for more work. */
const PAUSE_MS = 150;

/**
 * The duration of one turn of consecutive runs, as in a training or when predicting a folder of slices. A single
 * run after a pause also pays for waking threads and cold caches, and so favours implementations whose threads
 * never sleep.
 */
export const ROW_MS = 250;

/**
 * Times implementations in turn, so that other load on the machine affects all of them alike.
 *
 * @param turnMs the duration of a turn; its mean counts as one run. Default 0: one run per turn
 * @returns the rows, and what each implementation reported when it was ready
 */
export async function interleave(
  name: string,
  contenders: readonly Contender[],
  repetitions: number,
  turnMs = 0,
): Promise<{ rows: Row[]; ready: ReadonlyMap<string, Ready> }> {
  const workers: Worker[] = [];
  const ready = new Map<string, Ready>();
  try {
    // One after the other, so that each builds without competing for the machine.
    for (const contender of contenders) {
      const worker = Worker.start(contender);
      workers.push(worker);
      ready.set(contender.implementation, await worker.answer<Ready>());
      await worker.ask("reset");
    }
    const times = new Map(workers.map((worker) => [worker, [] as number[]]));
    const runs = new Map(workers.map((worker) => [worker, 1]));
    for (let round = -SETTLE_ROUNDS; round < repetitions; round++) {
      for (const worker of workers) {
        await pause(PAUSE_MS);
        const { ms } = await worker.ask<{ ms: number }>(`run ${runs.get(worker) ?? 1}`);
        if (round >= 0) times.get(worker)?.push(ms);
        else runs.set(worker, Math.max(1, Math.round(turnMs / ms)));
      }
    }
    const rows: Row[] = [];
    for (const [worker, list] of times) {
      list.sort((a, b) => a - b);
      const { peakMiB } = await worker.ask<{ peakMiB: number | null }>("peak");
      rows.push({
        case: name,
        implementation: worker.implementation,
        bestMs: list[0],
        medianMs: list[Math.floor(list.length / 2)],
        peakMiB,
      });
    }
    return { rows, ready };
  } finally {
    for (const worker of workers) worker.stop();
  }
}

/** Prints the ratio of each implementation's best time to the baseline's. */
export function printRatios(rows: readonly Row[], baseline: string): void {
  const base = rows.find(({ implementation }) => implementation === baseline);
  if (base === undefined) return;
  for (const row of rows) {
    const ratio = (base.bestMs / row.bestMs).toFixed(2);
    console.log(`${row.case}: ${baseline} takes ${ratio} of ${row.implementation}`);
  }
}
