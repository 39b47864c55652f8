import { join } from "node:path";
import { ROW_MS, interleave, printRatios } from "../support/contenders";
import type { BenchOptions, Row } from "../support/contenders";

/** Name, batch, height, width, channels; for multi-head attention, height x width is the number of tokens. */
const CASES = [
  ["groupedConv", 4, 64, 64, 128],
  ["groupedConv", 4, 32, 32, 512],
  ["resnext", 4, 64, 64, 128],
  ["resnext", 4, 32, 32, 256],
  ["multiHead", 8, 16, 16, 128],
  ["multiHead", 4, 32, 32, 128],
] as const;

/**
 * Layers, forward and backward with all weights, compared with torch: a grouped 3x3 convolution, a
 * ResNeXt block (32 groups), and multi-head attention (4 heads).
 *
 * @param python an interpreter with bench/requirements.txt
 */
export async function benchLayers(
  python: string,
  { repetitions, bundle }: BenchOptions,
): Promise<Row[]> {
  const own = bundle("bench/layers/layerbookLayers.ts");
  const peer = join("bench", "layers", "torchLayers.py");
  const rows: Row[] = [];
  for (const [layer, ...sizes] of CASES) {
    const given = [layer, ...sizes.map(String)];
    const contenders = [
      { implementation: "layerbook", command: ["node", own, ...given, "layerbook"] },
      { implementation: "layerbook-eager", command: ["node", own, ...given, "layerbook-eager"] },
      { implementation: "torch", command: [python, peer, ...given, "contiguous"] },
      { implementation: "torch-channels-last", command: [python, peer, ...given, "channels-last"] },
    ];
    const isAttention = layer === "multiHead";
    const { rows: timed, ready } = await interleave(
      `${layer} ${sizes.join(" x ")}`,
      isAttention ? contenders.slice(0, 3) : contenders,
      repetitions,
      ROW_MS,
    );
    const counts = [...ready].map(([name, { parameters }]) => `${name} ${parameters}`);
    if (new Set([...ready.values()].map(({ parameters }) => parameters)).size > 1) {
      throw new Error(`${layer}: the contenders differ in parameters: ${counts.join(", ")}`);
    }
    rows.push(...timed);
    printRatios(timed, "layerbook");
  }
  return rows;
}
