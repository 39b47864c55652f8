import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interleave, printRatios } from "../support/contenders";
import type { BenchOptions, Row } from "../support/contenders";
import { makeMasks } from "./masks";

const CASES = [
  // The peers take seconds per run, so there are fewer runs.
  { name: "volume 512x512x100", slices: 100, spacing: [5, 0.7, 0.7], most: 7 },
  { name: "slice 512x512", slices: 1, spacing: [0.7, 0.7], most: Infinity },
] as const;
const SIZE = 512;
const TOLERANCE_MM = 2;

/**
 * Dice, HD95, ASSD and surface Dice of three classes, compared with MONAI and surface-distance on the
 * same masks. Throws if layerbook's values differ from MONAI's.
 *
 * @param python an interpreter with bench/requirements.txt
 */
export async function benchMetrics(
  python: string,
  { repetitions, bundle }: BenchOptions,
): Promise<Row[]> {
  const own = bundle("bench/metrics/layerbookMetrics.ts");
  const peers = join("bench", "metrics", "peers.py");
  const folder = mkdtempSync(join(tmpdir(), "layerbook-bench-"));
  try {
    const all: Row[] = [];
    for (const { name, slices, spacing, most } of CASES) {
      const stem = name.replaceAll(" ", "-");
      const { shape, truth, prediction } = makeMasks(slices, SIZE, 7);
      const about = JSON.stringify({ shape, spacing, tolerance: TOLERANCE_MM });
      writeFileSync(join(folder, `${stem}.json`), about);
      writeFileSync(join(folder, `${stem}.truth`), truth);
      writeFileSync(join(folder, `${stem}.prediction`), prediction);
      const contenders = [
        { implementation: "layerbook", command: ["node", own, folder, stem] },
        ...["monai", "surface-distance"].map((implementation) => ({
          implementation,
          command: [python, peers, folder, stem, implementation],
        })),
      ];
      const { rows, ready } = await interleave(name, contenders, Math.min(repetitions, most));
      const scores = (implementation: string): number[] =>
        (JSON.parse(String(ready.get(implementation)?.["scores"])) as number[][]).flat();
      expectEqualScores(name, scores("layerbook"), scores("monai"));
      printRatios(rows, "layerbook");
      all.push(...rows);
    }
    return all;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function expectEqualScores(name: string, own: readonly number[], peer: readonly number[]): void {
  const isEqual = own.every(
    (score, i) => Math.abs(score - peer[i]) <= 1e-4 * Math.max(1, Math.abs(score)),
  );
  if (own.length !== peer.length || !isEqual) {
    throw new Error(`${name}: MONAI has ${peer.join(", ")}, layerbook ${own.join(", ")}`);
  }
}
