import * as tf from "@tensorflow/tfjs";
import * as layers from "../../src/layers";
import {
  differentiate,
  jitterWeights,
  makeInputs,
  outcomeOf,
  singleOr,
} from "../support/differentiate";
import { evaluateCase } from "../support/evaluateCase";
import type { LayerCase } from "../support/evaluateCase";
import type { BrowserCase } from "./layerCases";

// The functions that the test calls inside the page; bundled into one script.

type LayerClass = new (args: Record<string, unknown>) => tf.layers.Layer;

const classOf = (name: string): LayerClass =>
  (layers as unknown as Record<string, LayerClass>)[name];

/** Typed arrays cannot be passed directly. */
const plain = (values: ArrayLike<number>): number[] => Array.from(values);

export const page = {
  /** Selects a backend, and returns the name of the active one. */
  async start(backend: string): Promise<string> {
    await tf.setBackend(backend);
    await tf.ready();
    return tf.getBackend();
  },

  /** Outputs and gradients of a layer with random weights, in training. */
  runLayer({ layer: name, args, inputs: shapes }: BrowserCase): {
    outputs: number[][];
    gradients: Record<string, number[]>;
  } {
    const layer = new (classOf(name))({ ...args, name: "checked" });
    const sources = shapes.map((shape) => tf.input({ batchShape: [null, ...shape.slice(1)] }));
    layer.apply(singleOr(sources));
    jitterWeights(layer);
    const inputs = makeInputs(shapes);
    const outcome = outcomeOf(layer, inputs, { training: true }, differentiate);
    tf.dispose(inputs);
    return {
      outputs: outcome.outputs.map(plain),
      gradients: Object.fromEntries(
        [...outcome.gradients].map(([key, values]) => [key, plain(values)]),
      ),
    };
  },

  /** A golden case, as `evaluateCase` runs it. */
  runGolden(name: string, golden: LayerCase): Record<string, unknown> {
    const { output, gradients, buffers, ...rest } = evaluateCase(
      new (classOf(name))(golden.args),
      golden,
    );
    const each = (values: Readonly<Record<string, Float32Array>>): Record<string, number[]> =>
      Object.fromEntries(Object.entries(values).map(([key, value]) => [key, plain(value)]));
    return { ...rest, output: plain(output), gradients: each(gradients), buffers: each(buffers) };
  },
};

Object.assign(globalThis, { page });
