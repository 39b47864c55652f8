import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import "@tensorflow/tfjs-backend-webgpu";
import * as layers from "../../src/layers";
import { LOSS_NAMES, lossByName } from "../../src/losses";
import { differentiate, jitterWeights, makeInputs, singleOr } from "../support/differentiate";
import { BROWSER_CASES } from "./layerCases";

// Which tfjs kernels our layers and losses call, and which of them each backend lacks.

const BACKENDS = ["cpu", "webgl", "webgpu", "wasm"] as const;

interface KernelUse {
  readonly name: string;
  /** The kernels needed to run it. */
  readonly forward: readonly string[];
  /** The kernels needed to train it, which are more. */
  readonly training: readonly string[];
}

type LayerClass = new (args: Record<string, unknown>) => tf.layers.Layer;

/** The kernels called while `body` runs; they are the same on every backend. */
async function kernelsOf(body: () => void): Promise<string[]> {
  const { kernelNames } = await tf.profile(() => tf.tidy(body));
  // tfjs lists a custom gradient as a scope.
  return [...new Set(kernelNames)].filter((name) => !/ scope$|__op$/.test(name)).sort();
}

async function layerUses(): Promise<KernelUse[]> {
  const uses: KernelUse[] = [];
  for (const { layer: name, args, inputs: shapes } of BROWSER_CASES) {
    const layer = new (layers as unknown as Record<string, LayerClass>)[name](args);
    const sources = shapes.map((shape) => tf.input({ batchShape: [null, ...shape.slice(1)] }));
    layer.apply(singleOr(sources));
    jitterWeights(layer);
    const inputs = makeInputs(shapes);
    uses.push({
      name,
      forward: await kernelsOf(() => void layer.apply(singleOr(inputs))),
      training: await kernelsOf(() => void differentiate(layer, inputs, { training: true })),
    });
    tf.dispose(inputs);
  }
  return uses;
}

async function lossUses(): Promise<KernelUse[]> {
  const uses: KernelUse[] = [];
  for (const name of LOSS_NAMES) {
    const loss = lossByName(name);
    const logits = tf.randomNormal([2, 5, 7, 3], 0, 1, "float32", 1);
    const labels = tf.zeros([2, 5, 7], "int32");
    const value = (given: tf.Tensor): tf.Scalar => tf.mean(loss(labels, given));
    uses.push({
      name: `loss ${name}`,
      forward: await kernelsOf(() => void value(logits)),
      training: await kernelsOf(() => void tf.grad(value)(logits)),
    });
    tf.dispose([logits, labels]);
  }
  return uses;
}

/** A table cell: what works, and the missing kernels for the rest. */
function cell({ forward, training }: KernelUse, backend: string): string {
  const has = new Set(tf.getKernelsForBackend(backend).map(({ kernelName }) => kernelName));
  const wanting = (kernels: readonly string[]): string[] =>
    kernels.filter((kernel) => !has.has(kernel));
  const list = (kernels: readonly string[]): string =>
    kernels.map((kernel) => `\`${kernel}\``).join(", ");
  const runs = wanting(forward);
  const trains = wanting(training);
  if (trains.length === 0) return "yes";
  return runs.length === 0 ? `runs; to train lacks ${list(trains)}` : `lacks ${list(trains)}`;
}

/** The text of docs/backends.md. */
export async function backendsPage(): Promise<string> {
  await tf.setBackend("cpu");
  const uses = [...(await layerUses()), ...(await lossUses())];
  const rows = uses.map(
    (use) => `| ${use.name} | ${BACKENDS.map((backend) => cell(use, backend)).join(" | ")} | yes |`,
  );
  return [
    "# Backends, op by op",
    "",
    "Made by `node scripts/opTable.mjs` from the kernels that each layer and loss calls, forward and backward, and those that tfjs",
    `${tf.version.tfjs} has for each backend; a test keeps it current. "yes" means that it runs and trains. Its values are tested on`,
    "`tensorflow`, `cpu` and `webgl`; on `webgpu`, a training step is tested.",
    "",
    "If a backend lacks a kernel, our layers and optimizers throw a `BackendError` that names both (`error.op`, `error.backend`);",
    "tfjs' own layers and optimizers say `Kernel 'Conv2DBackpropFilter' not registered for backend 'wasm'`. Choose another with",
    "`await tf.setBackend(...)`.",
    "",
    `| layer or loss | ${BACKENDS.join(" | ")} | tensorflow |`,
    `| --- |${" --- |".repeat(BACKENDS.length + 1)}`,
    ...rows,
    "",
  ].join("\n");
}
