import { join } from "node:path";
import { ROW_MS, interleave, printRatios } from "../support/contenders";
import type { BenchOptions, Row } from "../support/contenders";

/** Layer, batch, steps, channels, units. */
const CASES = [
  ["LSTM", 8, 500, 16, 32],
  ["LSTM", 32, 100, 64, 128],
  ["GRU", 8, 500, 16, 32],
  ["SimpleRNN", 8, 500, 16, 32],
] as const;

/**
 * Recurrent layers of tfjs in a compiled function compared with Keras', forward and backward with all
 * weights; the recurrent activation is the sigmoid in both, and Keras' GRU applies the reset gate first.
 *
 * @param python an interpreter with bench/requirements.txt
 */
export async function benchRecurrent(
  python: string,
  { repetitions, bundle }: BenchOptions,
): Promise<Row[]> {
  const own = bundle("bench/recurrent/layerbookRecurrent.ts");
  const peer = join("bench", "recurrent", "kerasRecurrent.py");
  const rows: Row[] = [];
  for (const [layer, batch, steps, channels, units] of CASES) {
    const given = [layer, ...[batch, steps, channels, units].map(String)];
    const { rows: timed, ready } = await interleave(
      `${layer}(${units}) [${batch},${steps},${channels}]`,
      [
        { implementation: "layerbook", command: ["node", own, ...given] },
        { implementation: "keras", command: [python, peer, ...given] },
      ],
      repetitions,
      ROW_MS,
    );
    for (const [implementation, { parameters, firstMs }] of ready) {
      const seconds = (firstMs / 1000).toFixed(1);
      console.log(
        `${layer}: ${implementation} has ${parameters} parameters, first call ${seconds} s`,
      );
    }
    rows.push(...timed);
    printRatios(timed, "layerbook");
  }
  return rows;
}
