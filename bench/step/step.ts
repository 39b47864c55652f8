import { join } from "node:path";
import { interleave, printRatios } from "../support/contenders";
import type { BenchOptions, Contender, Row } from "../support/contenders";

interface Case {
  readonly model: "unet" | "residualAttentionUnet";
  readonly batch: number;
  readonly size: number;
}

const CASES: readonly Case[] = [
  { model: "unet", batch: 4, size: 128 },
  { model: "unet", batch: 2, size: 369 },
  { model: "residualAttentionUnet", batch: 4, size: 128 },
  // Small enough for jax-js, which runs in a single WebAssembly thread on Node.
  { model: "unet", batch: 1, size: 32 },
];

/** The most pixels for which jax-js is timed: at 4 x 128 x 128 one of its steps takes minutes. */
const JAX_PIXELS = 1024;

const KERAS = ["keras", "keras-mixed-bfloat16"];
const TORCH = ["torch", "torch-compile", "torch-bfloat16", "torch-compile-bfloat16"];
const OWN = ["layerbook", "layerbook-bfloat16", "layerbook-eager"];

function contendersOf(
  { model, batch, size }: Case,
  python: string,
  bundle: BenchOptions["bundle"],
): Contender[] {
  const [b, s] = [String(batch), String(size)];
  const own = bundle("bench/step/layerbookStep.ts");
  const script = (name: string): string => join("bench", "step", name);
  const list: Contender[] = OWN.map((implementation) => ({
    implementation,
    command: ["node", own, model, b, s, implementation],
  }));
  const isUnet = model === "unet";
  for (const implementation of isUnet ? KERAS : []) {
    list.push({ implementation, command: [python, script("kerasStep.py"), b, s, implementation] });
  }
  // reformer-pytorch breaks torch.compile's graph at every call.
  for (const implementation of TORCH.filter((name) => isUnet || !name.includes("compile"))) {
    const command = [python, script("torchStep.py"), model, b, s, implementation];
    list.push({
      implementation: isUnet ? implementation : implementation.replace("torch", "reformer-pytorch"),
      command,
    });
  }
  if (isUnet && batch * size * size <= JAX_PIXELS) {
    const command = ["node", bundle("bench/step/jaxStep.ts"), b, s];
    list.push({ implementation: "jax-js", command });
  }
  if (isUnet) {
    list.push({
      implementation: "tfjs-node",
      command: ["node", bundle("bench/step/tfjsStep.ts"), b, s],
    });
  }
  return list;
}

/**
 * Training steps (forward, backward, Adam) of the same architecture in each framework, interleaved.
 *
 * @param python an interpreter with bench/requirements.txt
 */
export async function benchStep(
  python: string,
  { repetitions, bundle }: BenchOptions,
): Promise<Row[]> {
  const rows: Row[] = [];
  const wanted = process.env["BENCH_CASE"];
  for (const one of CASES) {
    const name = `${one.model} [${one.batch},${one.size},${one.size},1]`;
    if (wanted !== undefined && !name.includes(wanted)) continue;
    const contenders = contendersOf(one, python, bundle);
    const { rows: timed, ready } = await interleave(name, contenders, repetitions);
    rows.push(...timed);
    for (const [implementation, { parameters, firstMs, recordMs = 0 }] of ready) {
      const seconds = (firstMs + Number(recordMs)) / 1000;
      console.log(
        `${name}: ${implementation} has ${parameters} parameters, first call ${seconds.toFixed(1)} s`,
      );
    }
    const own = ready.get("layerbook");
    const [gflop, rate] = [Number(own?.["gflop"]), Number(own?.["gflopPerSecond"])];
    const floorMs = (gflop / rate) * 1e3;
    console.log(
      `${name}: ${gflop.toFixed(1)} GFLOP, floor ${floorMs.toFixed(0)} ms at ${rate.toFixed(0)} GFLOP/s`,
    );
    for (const { implementation, bestMs } of timed) {
      console.log(`${name}: ${implementation} is ${(bestMs / floorMs).toFixed(2)} of the floor`);
    }
    printRatios(timed, "layerbook");
    printRatios(timed, "layerbook-bfloat16");
  }
  return rows;
}
