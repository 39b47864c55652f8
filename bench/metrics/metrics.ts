import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { caseMetrics } from "../../src/metrics";
import { makeMasks } from "./masks";

/** A row of `bench/results/metrics.json`. */
interface Row {
  readonly case: string;
  readonly implementation: string;
  readonly bestMs: number;
  readonly medianMs: number;
  /** Peak memory of the implementation's process. */
  readonly peakMiB: number;
}

interface Answer {
  readonly ms: number;
  readonly peakMiB: number;
  /** Dice, HD95, ASSD, surface Dice of each class. */
  readonly scores: readonly (readonly number[])[];
}

type Implementation = (name: string) => Promise<Answer>;

const CASES = [
  { name: "volume-512x512x100", slices: 100, size: 512, spacing: [5, 0.7, 0.7], rounds: 5 },
  { name: "slice-512x512", slices: 1, size: 512, spacing: [0.7, 0.7], rounds: 30 },
] as const;
const TOLERANCE = 2;
const classNames = ["background", "one", "two", "three"];

/**
 * Dice, HD95, ASSD and surface Dice of three classes, beside MONAI and surface-distance,
 * interleaved on the same masks. MONAI's scores must equal ours, or it throws.
 *
 * @param python an interpreter with bench/requirements.txt
 */
export async function benchMetrics(python: string): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "layerbook-bench-"));
  const peers = spawn(python, [join("bench", "metrics", "peers.py"), folder], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const lines = createInterface({ input: peers.stdout })[Symbol.asyncIterator]();
    const ask =
      (implementation: string): Implementation =>
      async (name) => {
        peers.stdin.write(`${name} ${implementation}\n`);
        const { value, done } = (await lines.next()) as IteratorResult<string, undefined>;
        if (done === true) throw new Error("bench/metrics/peers.py ended before it answered");
        return JSON.parse(value) as Answer;
      };
    const rows: Row[] = [];
    for (const { name, slices, size, spacing, rounds } of CASES) {
      const masks = makeMasks(slices, size, 7);
      writeFileSync(
        join(folder, `${name}.json`),
        JSON.stringify({ shape: masks.shape, spacing, tolerance: TOLERANCE }),
      );
      writeFileSync(join(folder, `${name}.truth`), masks.truth);
      writeFileSync(join(folder, `${name}.prediction`), masks.prediction);
      const grid = (data: Uint8Array) => ({
        ...(slices > 1 ? { depth: slices } : {}),
        height: size,
        width: size,
        data,
      });
      const own: Implementation = () => {
        const start = performance.now();
        const { classes } = caseMetrics(grid(masks.truth), grid(masks.prediction), {
          id: name,
          classNames,
          spacingMm: spacing,
          tolerance: TOLERANCE,
          hasLesions: false,
        });
        const ms = performance.now() - start;
        const scores = classes
          .slice(1)
          .map((row) => [row.dice, row.hd95, row.assd, row.surfaceDice]);
        return Promise.resolve({ ms, peakMiB: process.resourceUsage().maxRSS / 1024, scores });
      };
      rows.push(
        ...(await interleave(name, rounds, {
          layerbook: own,
          monai: ask("monai"),
          "surface-distance": ask("surface-distance"),
        })),
      );
    }
    return rows;
  } finally {
    peers.kill();
    rmSync(folder, { recursive: true });
  }
}

async function interleave(
  name: string,
  rounds: number,
  implementations: Readonly<Record<string, Implementation>>,
): Promise<Row[]> {
  const answers = new Map(Object.keys(implementations).map((key) => [key, [] as Answer[]]));
  // The first round warms up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const [key, run] of Object.entries(implementations)) {
      const answer = await run(name);
      if (round > 0) answers.get(key)?.push(answer);
    }
  }
  expectEqualScores(name, answers.get("layerbook"), answers.get("monai"));
  return [...answers].map(([implementation, list]) => {
    const times = list.map((answer) => answer.ms).sort((a, b) => a - b);
    return {
      case: name,
      implementation,
      bestMs: times[0],
      medianMs: times[Math.floor(times.length / 2)],
      peakMiB: Math.max(...list.map((answer) => answer.peakMiB)),
    };
  });
}

function expectEqualScores(
  name: string,
  own: readonly Answer[] | undefined,
  peer: readonly Answer[] | undefined,
): void {
  const [a, b] = [own, peer].map((answers) => answers?.[0]?.scores.flat() ?? []);
  const isEqual = a.every((score, i) => Math.abs(score - b[i]) <= 1e-4 * Math.max(1, score));
  if (a.length === 0 || !isEqual) {
    throw new Error(`${name}: MONAI has ${b.join(", ")}, layerbook ${a.join(", ")}`);
  }
}
