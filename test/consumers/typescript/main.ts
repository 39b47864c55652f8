import * as tf from "@tensorflow/tfjs";
import { LSHAttention } from "layerbook";
import type { LSHAttentionArgs } from "layerbook";
import { loadEngine, readNifti } from "layerbook/node";
import type { TrainingConfig } from "layerbook/node";
import { Figure } from "layerbook/viz";
import { installKernel } from "layerbook/kernel";

const args: LSHAttentionArgs = { numHeads: 2, keyDim: 4, bucketSize: 8 };
const layer: tf.layers.Layer = new LSHAttention(args);
export const output = layer.apply(tf.zeros([1, 5, 7, 6])) as tf.Tensor;
export const engine: string = loadEngine().backend;
export const epochs = (config: TrainingConfig): number => config.epochs;
export const others = [readNifti, Figure, installKernel] as const;

// @ts-expect-error a head must have a size
new LSHAttention({ numHeads: 2 });
// @ts-expect-error a setting is a number, and known by its type without any other package
export const wrong = (config: TrainingConfig): string => config.optimizer.learningRate;
