import { join } from "node:path";
import { ROW_MS, interleave, printRatios } from "../support/contenders";
import type { BenchOptions, Row } from "../support/contenders";

const CASES = [
  { batch: 4, size: 128 },
  { batch: 2, size: 369 },
] as const;
const OWN = ["layerbook", "layerbook-bfloat16", "layerbook-eager"];
const PEERS = ["torch", "torch-compile", "torch-bfloat16", "onnxruntime"];

/**
 * A U-Net's probabilities for a batch, interleaved with PyTorch and ONNX Runtime: consecutive batches, and
 * one batch after a pause.
 *
 * @param python an interpreter with bench/requirements.txt
 */
export async function benchPredict(
  python: string,
  { repetitions, bundle }: BenchOptions,
): Promise<Row[]> {
  const own = bundle("bench/predict/layerbookPredict.ts");
  const script = join("bench", "predict", "peers.py");
  const rows: Row[] = [];
  for (const { batch, size } of CASES) {
    const name = `unet [${batch},${size},${size},1]`;
    const args = [String(batch), String(size)];
    const contenders = [
      ...OWN.map((implementation) => ({
        implementation,
        command: ["node", own, ...args, implementation],
      })),
      ...PEERS.map((implementation) => ({
        implementation,
        command: [python, script, ...args, implementation],
      })),
    ];
    for (const [suffix, turnMs] of [
      ["", ROW_MS],
      [", one after a pause", 0],
    ] as const) {
      const { rows: timed } = await interleave(name + suffix, contenders, repetitions, turnMs);
      rows.push(...timed);
      printRatios(timed, "layerbook");
    }
  }
  return rows;
}
