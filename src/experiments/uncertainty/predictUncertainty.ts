import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { rejectUnknownOptions } from "../../core/unknownOptions";
import type { Plane, Sample } from "../../data/types";
import { logitsModel } from "../../models/logitsModel";
import { expectBatchSize, expectInputSize, visitLogits } from "../evaluation/predictSamples";
import { withDropout } from "./monteCarloDropout";
import type { InjectedDropout } from "./monteCarloDropout";
import { uncertaintyOf } from "./uncertaintyOf";

/** The uncertainty of several predictions of one slice, at the network's size; plain numbers. */
export interface UncertaintyRecord {
  readonly id: string;
  readonly group: string;
  readonly numClasses: number;
  /** Number of predictions. */
  readonly members: number;
  /** The most likely class by mean probability. */
  readonly labels: Plane<Uint8Array>;
  /** Mean probabilities, `[height, width, classes]` row-major. */
  readonly probabilities: Float32Array;
  /** 1 minus the mean probability of the most likely class; the probability of an error, if calibrated. */
  readonly errorChance: Plane<Float32Array>;
  /** Entropy of the mean, in nats: the total uncertainty. */
  readonly entropy: Plane<Float32Array>;
  /** Disagreement of the predictions, in nats, which more training data might reduce. */
  readonly mutualInformation: Plane<Float32Array>;
}

/** Options of {@link deepEnsemble}. */
export interface EnsembleOptions {
  /** Number of slices per batch; default 4. */
  readonly batchSize?: number;
}

/** Options of {@link monteCarloDropout}. */
export interface DropoutOptions extends EnsembleOptions {
  /** Number of predictions per slice; default 20. */
  readonly draws?: number;
  /** Seed of the masks; default 1. */
  readonly seed?: number;
  /** Dropout for a network that was trained without it; default the network's own. */
  readonly inject?: InjectedDropout;
}

/**
 * Predicts slices with several networks that were trained with different seeds (or on different folds), and
 * measures where they disagree.
 *
 * @param models two or more, with the same input size and number of classes
 * @param samples slices of the networks' input size
 * @throws ConfigError for fewer than two networks, or networks that do not match
 * @example
 * const make = (seed: number) =>
 *   unet({ inputShape: [8, 8, 1], numClasses: 2, filters: 4, depth: 1, seed });
 * const image = { height: 8, width: 8, data: new Float32Array(64).fill(0.5) };
 * const [record] = deepEnsemble([make(1), make(2)], [{ id: "a", group: "a", image, labels: null }]);
 * record.members; // 2
 * @see Lakshminarayanan et al. 2017, arXiv:1612.01474
 */
export function deepEnsemble(
  models: readonly tf.LayersModel[],
  samples: readonly Sample[],
  options: EnsembleOptions = {},
): UncertaintyRecord[] {
  rejectUnknownOptions("deepEnsemble", options, ["batchSize"]);
  if (models.length < 2) {
    throw new ConfigError({
      where: "deepEnsemble.models",
      expected: "at least two",
      got: String(models.length),
      remedy: "For one network with dropout, use monteCarloDropout.",
    });
  }
  for (const model of models) expectInputSize("deepEnsemble.samples", model, samples);
  const members = models.map((model) => probabilitiesOf(logitsModel(model), samples, options));
  return toRecords("deepEnsemble", samples, members);
}

/**
 * Predicts slices several times with dropout, and measures where the predictions disagree.
 *
 * Dropout is active as in training; everything else is as in inference. The U-Nets here have no dropout of
 * their own: `inject` inserts it after layers of your choice, usually the bridge and the coarse decoders.
 *
 * @throws ConfigError if there is no dropout, or an option is out of range
 * @example
 * const model = unet({ inputShape: [8, 8, 1], numClasses: 2, filters: 4, depth: 1 });
 * const image = { height: 8, width: 8, data: new Float32Array(64).fill(0.5) };
 * const [record] = monteCarloDropout(model, [{ id: "a", group: "a", image, labels: null }], {
 *   draws: 3,
 *   inject: { rate: 0.3, layers: ["bridge"] },
 * });
 * [record.members, record.mutualInformation.data.some((value) => value > 0)]; // [3, true]
 * @see Gal and Ghahramani 2016, arXiv:1506.02142; without retraining: Ledda et al. 2023, arXiv:2302.02924
 */
export function monteCarloDropout(
  model: tf.LayersModel,
  samples: readonly Sample[],
  options: DropoutOptions = {},
): UncertaintyRecord[] {
  rejectUnknownOptions("monteCarloDropout", options, ["batchSize", "draws", "seed", "inject"]);
  const { draws = 20, seed = 1, inject = null } = options;
  if (!Number.isInteger(draws) || draws < 2) {
    throw new ConfigError({
      where: "monteCarloDropout.draws",
      expected: "an integer of at least 2",
      got: String(draws),
    });
  }
  expectInputSize("monteCarloDropout.samples", model, samples);
  const logits = logitsModel(model);
  const state = savedState(model);
  try {
    const members = Array.from({ length: draws }, (_, index) =>
      withDropout(model, inject, seed + 15485863 * index, () =>
        probabilitiesOf(logits, samples, options),
      ),
    );
    return toRecords("monteCarloDropout", samples, members);
  } finally {
    state.restore();
  }
}

/** Saves the random states that drawing advances, so that they can be restored. */
function savedState(model: tf.LayersModel): { readonly restore: () => void } {
  const states = model.weights
    .filter(({ originalName }) => originalName.endsWith("seedState"))
    .map((weight) => [weight, weight.read().clone()] as const);
  return {
    restore: () => {
      for (const [weight, value] of states) {
        weight.write(value);
        value.dispose();
      }
    },
  };
}

/** One member's probabilities `[height, width, classes]` of each sample. */
interface MemberPrediction {
  readonly numClasses: number;
  readonly perSample: readonly Float32Array[];
}

function probabilitiesOf(
  logits: tf.LayersModel,
  samples: readonly Sample[],
  { batchSize = 4 }: EnsembleOptions,
): MemberPrediction {
  expectBatchSize("uncertainty", batchSize);
  const perSample: Float32Array[] = [];
  let numClasses = 0;
  const predict = (images: tf.Tensor4D): tf.Tensor4D =>
    logits.apply(images, { training: false }) as tf.Tensor4D;
  visitLogits(predict, samples, Math.min(batchSize, samples.length), (batch, scores) => {
    numClasses = scores.shape[3];
    const values = tf.softmax(scores).dataSync<"float32">();
    const each = values.length / batch.length;
    batch.forEach((_, index) => perSample.push(values.slice(index * each, (index + 1) * each)));
  });
  return { numClasses, perSample };
}

function toRecords(
  where: string,
  samples: readonly Sample[],
  members: readonly MemberPrediction[],
): UncertaintyRecord[] {
  const { numClasses } = members[0];
  const other = members.find((member) => member.numClasses !== numClasses);
  if (other !== undefined) {
    throw new ConfigError({
      where: `${where}.models`,
      expected: `models of ${numClasses} classes, as the first`,
      got: `one of ${other.numClasses}`,
    });
  }
  return samples.map(({ id, group, image: { height, width } }, index) => {
    const drawn = members.map(({ perSample }) => perSample[index]);
    const { mean, entropy, mutualInformation } = uncertaintyOf(drawn, numClasses);
    const labels = new Uint8Array(height * width);
    const errorChance = new Float32Array(height * width);
    for (let pixel = 0; pixel < labels.length; pixel++) {
      const own = mean.subarray(pixel * numClasses, (pixel + 1) * numClasses);
      const most = Math.max(...own);
      labels[pixel] = own.indexOf(most);
      errorChance[pixel] = 1 - most;
    }
    const plane = <T extends Float32Array | Uint8Array>(data: T): Plane<T> => ({
      height,
      width,
      data,
    });
    return {
      ...{ id, group, numClasses, members: members.length, probabilities: mean },
      labels: plane(labels),
      errorChance: plane(errorChance),
      entropy: plane(entropy),
      mutualInformation: plane(mutualInformation),
    };
  });
}
