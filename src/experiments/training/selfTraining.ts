import type * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { rejectUnknownOptions } from "../../core/unknownOptions";
import type { Sample } from "../../data/types";
import { logitsModel } from "../../models/logitsModel";
import { meanProbabilities } from "../../web/meanProbabilities";
import { expectInputSize, visitLogits } from "../evaluation/predictSamples";
import { overWindows } from "../evaluation/sliceWindows";
import type { WindowJoin } from "../evaluation/sliceWindows";
import type { LogitsFunction } from "../../web/meanProbabilities";
import { fit } from "./fit";
import type { FitOptions, FitResult } from "./fitOptions";

/** The label of pixels where the teacher is not confident. */
export const UNSURE = 255;

/** Options of {@link pseudoLabels}. */
export interface PseudoLabelOptions {
  /** Pixels whose most likely class has a lower probability are ignored; default 0.9. */
  readonly minConfidence?: number;
  /** Number of slices per batch; default 4. */
  readonly batchSize?: number;
  /** Sliding window for teachers trained on patches; by default teachers take whole slices. */
  readonly slidingWindow?: WindowJoin;
}

/**
 * Labels slices with the predictions of a teacher where it is confident. Other pixels get the label 255,
 * which `fit({ ignoreLabel: 255 })` ignores. Existing labels of the slices are not used.
 *
 * @param teachers networks whose probabilities are averaged
 * @returns the samples with these labels, without samples that have no confident pixel
 * @throws ConfigError if an option is unknown or out of range, or there is no teacher
 * @example
 * const model = unet({ inputShape: [8, 8, 1], numClasses: 2, filters: 4, depth: 1 });
 * const image = { height: 8, width: 8, data: new Float32Array(64) };
 * const sample = { id: "a", group: "a", image, labels: null };
 * pseudoLabels([model], [sample], { minConfidence: 0 }).length; // 1
 * pseudoLabels([model], [sample], { minConfidence: 1 }).length; // 0
 * @see Lee 2013, "Pseudo-Label"
 */
export function pseudoLabels(
  teachers: readonly tf.LayersModel[],
  samples: readonly Sample[],
  options: PseudoLabelOptions = {},
): Sample[] {
  rejectUnknownOptions("pseudoLabels", options, ["minConfidence", "batchSize", "slidingWindow"]);
  const { minConfidence = 0.9, batchSize = 4, slidingWindow } = options;
  const invalid = (name: string, expected: string, got: number): ConfigError =>
    new ConfigError({ where: `pseudoLabels.${name}`, expected, got: String(got) });
  if (teachers.length === 0) throw invalid("teachers", "at least one", 0);
  if (!(minConfidence >= 0 && minConfidence <= 1)) {
    throw invalid("minConfidence", "a number in [0, 1]", minConfidence);
  }
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw invalid("batchSize", "an integer of at least 1", batchSize);
  }
  if (slidingWindow === undefined) {
    for (const teacher of teachers) expectInputSize("pseudoLabels", teacher, samples);
  }
  const members = teachers.map((teacher): LogitsFunction => {
    const logits = logitsModel(teacher);
    const predict: LogitsFunction = (images) =>
      logits.apply(images, { training: false }) as tf.Tensor4D;
    if (slidingWindow === undefined) return predict;
    const inputSize = teacher.inputs[0].shape[1] ?? 0;
    return overWindows(predict, { ...slidingWindow, inputSize, batchSize });
  });
  const labelled: Sample[] = [];
  const slices = Math.min(batchSize, samples.length);
  visitLogits(meanProbabilities(members, "none"), samples, slices, (batch, probabilities) => {
    const [, height, width, classes] = probabilities.shape;
    const values = probabilities.dataSync<"float32">();
    batch.forEach((sample, index) => {
      const data = new Uint8Array(height * width);
      for (let pixel = 0; pixel < data.length; pixel++) {
        const start = (index * data.length + pixel) * classes;
        const own = values.subarray(start, start + classes);
        const most = Math.max(...own);
        data[pixel] = most >= minConfidence ? own.indexOf(most) : UNSURE;
      }
      if (data.every((label) => label === UNSURE)) return;
      labelled.push({ ...sample, labels: { height, width, data } });
    });
  });
  return labelled;
}

/** A warning if the teacher labelled no slice, so that the student learns nothing new; otherwise `null`. */
export function noConfidentLabelsNote(
  taught: number,
  unlabelled: number,
  minConfidence: number,
): string | null {
  if (taught > 0 || unlabelled === 0) return null;
  return (
    `self-training: no pixel of the ${unlabelled} unlabelled slices reaches the teacher's minConfidence of ${minConfidence}, ` +
    "so the student learns from the labelled slices alone. Lower minConfidence, or train the teacher longer."
  );
}

/** The data of {@link selfTrain}. */
export interface SelfTrainingData {
  readonly labelled: readonly Sample[];
  /** Slices whose labels, if any, are not used. */
  readonly unlabelled: readonly Sample[];
  /** Decides which epoch's weights are kept; must share no group with the others. */
  readonly validation?: readonly Sample[];
}

/** Options of {@link selfTrain}. */
export interface SelfTrainingOptions extends PseudoLabelOptions {
  /** Number of students, each taught by the one before; default 1. */
  readonly rounds?: number;
  /** Options for training teacher and students, without `checkpoint` and `ignoreLabel`. */
  readonly fit: Omit<FitOptions, "checkpoint" | "ignoreLabel">;
}

/** A trained network, its training, and the number of its slices that a teacher labelled. */
export interface SelfTrained {
  readonly model: tf.LayersModel;
  readonly result: FitResult;
  readonly pseudoLabelled: number;
}

/**
 * Trains a teacher on the labelled slices, labels the others with it, and trains a student with fresh
 * weights on all. Each round repeats this with the last student as the teacher.
 *
 * @param makeModel makes a network with fresh weights; round 0 is the teacher
 * @returns teacher and students in order, up to the first interrupted training
 * @throws ConfigError if labelled or unlabelled slices share a group with the validation, or an option
 *   is out of range
 * @see Xie et al. 2020, "Self-training with Noisy Student", arXiv:1911.04252
 */
export async function selfTrain(
  makeModel: (round: number) => tf.LayersModel,
  { labelled, unlabelled, validation = [] }: SelfTrainingData,
  options: SelfTrainingOptions,
): Promise<SelfTrained[]> {
  const { rounds = 1, fit: fitOptions, ...labelling } = options;
  rejectUnknownOptions("selfTrain", options, [
    "rounds",
    "fit",
    "minConfidence",
    "batchSize",
    "slidingWindow",
  ]);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new ConfigError({
      where: "selfTrain.rounds",
      expected: "an integer of at least 1",
      got: String(rounds),
    });
  }
  expectHeldOut(unlabelled, validation);
  const trained: SelfTrained[] = [];
  for (let round = 0; round <= rounds; round++) {
    const teacher = trained.at(-1);
    const taught =
      teacher === undefined ? [] : pseudoLabels([teacher.model], unlabelled, labelling);
    if (teacher !== undefined) {
      const note = noConfidentLabelsNote(
        taught.length,
        unlabelled.length,
        labelling.minConfidence ?? 0.9,
      );
      if (note !== null) console.warn(note);
    }
    const model = makeModel(round);
    const data = { train: [...labelled, ...taught], validation };
    const result = await fit(model, data, { ...fitOptions, ignoreLabel: UNSURE });
    trained.push({ model, result, pseudoLabelled: taught.length });
    if (result.ended === "interrupted") break;
  }
  return trained;
}

/** Rejects validation slices among the unlabelled ones, since a student would learn them from its teacher. */
function expectHeldOut(unlabelled: readonly Sample[], validation: readonly Sample[]): void {
  const groups = new Set(validation.map(({ group }) => group));
  const shared = unlabelled.find(({ group }) => groups.has(group));
  if (shared === undefined) return;
  throw new ConfigError({
    where: "selfTrain.unlabelled",
    expected: "no group of the validation",
    got: `"${shared.id}" of group "${shared.group}"`,
    remedy: "Split by group, with splitByGroup or kFold.",
  });
}
