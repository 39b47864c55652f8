import { join } from "node:path";
import { ROW_MS, interleave, printRatios } from "../support/contenders";
import type { BenchOptions, Row } from "../support/contenders";

/** Batch, tokens, width, heads, blocks, vocabulary. */
const CASES = [
  [8, 128, 128, 4, 2, 256],
  [4, 512, 128, 4, 2, 256],
] as const;

const OWN = ["layerbook", "layerbook-bfloat16"];
const TORCH = ["torch", "torch-compile"];

/**
 * Training steps (forward, backward, Adam) of a small GPT: token and position embeddings, causal
 * pre-norm blocks, a projection to the vocabulary. Interleaved with Keras and PyTorch.
 *
 * @param python an interpreter with bench/requirements.txt
 */
export async function benchTransformer(
  python: string,
  { repetitions, bundle }: BenchOptions,
): Promise<Row[]> {
  const own = bundle("bench/transformer/layerbookTransformer.ts");
  const script = (name: string): string => join("bench", "transformer", name);
  const rows: Row[] = [];
  for (const sizes of CASES) {
    const [batch, tokens, width, heads, blocks] = sizes;
    const name = `GPT [${batch},${tokens}], ${width} wide, ${heads} heads, ${blocks} blocks`;
    const given = sizes.map(String);
    const contenders = [
      ...OWN.map((implementation) => ({
        implementation,
        command: ["node", own, ...given, implementation],
      })),
      { implementation: "keras", command: [python, script("kerasTransformer.py"), ...given] },
      ...TORCH.map((implementation) => ({
        implementation,
        command: [python, script("torchTransformer.py"), ...given, implementation],
      })),
    ];
    const { rows: timed, ready } = await interleave(name, contenders, repetitions, ROW_MS);
    const counts = [...ready].map(
      ([implementation, { parameters }]) => `${implementation} ${String(parameters)}`,
    );
    if (new Set([...ready.values()].map(({ parameters }) => parameters)).size > 1) {
      throw new Error(`${name}: the contenders differ in parameters: ${counts.join(", ")}`);
    }
    for (const [implementation, { firstMs, recordMs = 0 }] of ready) {
      const seconds = (firstMs + Number(recordMs)) / 1000;
      console.log(`${name}: ${implementation}, first call ${seconds.toFixed(1)} s`);
    }
    rows.push(...timed);
    printRatios(timed, "layerbook");
  }
  return rows;
}
