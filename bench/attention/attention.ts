import { join } from "node:path";
import { interleave, printRatios } from "../support/contenders";
import type { BenchOptions, Contender, Row } from "../support/contenders";

interface Case {
  readonly batch: number;
  readonly length: number;
  /** Whether full attention is timed too: its time grows quadratically. */
  readonly isFull: boolean;
}

const CASES: readonly Case[] = [
  { batch: 16, length: 1024, isFull: true },
  { batch: 4, length: 4096, isFull: true },
  { batch: 1, length: 16384, isFull: true },
  { batch: 1, length: 65536, isFull: false },
];

/** Lengths for measuring the growth of memory; 136161 is the number of pixels of a 369 x 369 image. */
const GROWTH = [16384, 32768, 65536, 136161, 262144];

function contendersOf({ batch, length, isFull }: Case, python: string, own: string): Contender[] {
  const sizes = [String(batch), String(length)];
  const peer = join("bench", "attention", "torchAttention.py");
  const peers = isFull ? ["reformer-pytorch", "torch"] : ["reformer-pytorch"];
  return [
    { implementation: "layerbook", command: ["node", own, ...sizes, "layerbook"] },
    { implementation: "layerbook-eager", command: ["node", own, ...sizes, "layerbook-eager"] },
    ...peers.map((implementation) => ({
      implementation,
      command: [python, peer, ...sizes, implementation],
    })),
  ];
}

/** Fits a least-squares line to the peaks and prints it with the largest deviation. */
function printGrowth(points: readonly (readonly [number, number])[]): void {
  const mean = (values: number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const slope =
    mean(points.map(([x, y]) => (x - meanX) * (y - meanY))) /
    mean(points.map(([x]) => (x - meanX) ** 2));
  const offset = meanY - slope * meanX;
  const furthest = Math.max(...points.map(([x, y]) => Math.abs(y - offset - slope * x) / y));
  console.log(
    `memory: ${offset.toFixed(0)} MiB + ${(slope * 1000).toFixed(2)} MiB per thousand tokens; largest deviation ${(100 * furthest).toFixed(1)} %`,
  );
}

/**
 * LSH attention, forward and backward with all weights: 128 channels, 4 heads, buckets of 64,
 * 4 rounds, attention across buckets, duplicates counted each time, scaled; compared with reformer-pytorch
 * with the same options and torch's full attention. Then layerbook alone at growing lengths.
 *
 * @param python an interpreter with bench/requirements.txt
 */
export async function benchAttention(
  python: string,
  { repetitions, bundle }: BenchOptions,
): Promise<Row[]> {
  const own = bundle("bench/attention/layerbookAttention.ts");
  const rows: Row[] = [];
  for (const one of CASES) {
    const name = `${one.batch} x ${one.length}`;
    const times = one.length > 20000 ? Math.min(repetitions, 5) : repetitions;
    const { rows: timed } = await interleave(name, contendersOf(one, python, own), times);
    rows.push(...timed);
    printRatios(timed, "layerbook");
  }
  const points: [number, number][] = [];
  for (const length of GROWTH) {
    const command = ["node", own, "1", String(length), "layerbook"];
    const alone = [{ implementation: "layerbook", command }];
    const { rows: timed, ready } = await interleave(`growth, 1 x ${length}`, alone, 3);
    rows.push(...timed);
    const [{ peakMiB }] = timed;
    const first = Number(ready.get("layerbook")?.["peakAtFirstMiB"]);
    console.log(
      `1 x ${length}: ${((peakMiB ?? NaN) / 1024).toFixed(2)} GiB, ${(first / 1024).toFixed(2)} GiB with the trace`,
    );
    if (peakMiB !== null) points.push([length, peakMiB]);
  }
  printGrowth(points);
  return rows;
}
