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

/** The label of pixels that a teacher is not sure of. */
export const UNSURE = 255;

/** How {@link pseudoLabels} labels. */
export interface PseudoLabelOptions {
  /** Pixels with a likeliest class below it count nowhere; default 0.9. */
  readonly minConfidence?: number;
  /** Slices at a time; default 4. */
  readonly batchSize?: number;
  /** How teachers that were trained on patches go over whole slices; default none: they take whole slices. */
  readonly slidingWindow?: WindowJoin;
}

/**
 * Labels slices by what a teacher says of them, where it is sure: others get the label 255, to be left
 * out by `fit({ ignoreLabel: 255 })`. Labels that the slices have are not looked at.
 *
 * @param teachers networks whose probabilities are averaged
 * @returns the samples with these labels; those without a sure pixel are left out
 * @throws ConfigError when an option is unknown or out of range, or there is no teacher
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

/** A warning where the teacher labelled no slice, so that its student learns nothing new; `null` otherwise. */
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

/** What {@link selfTrain} trains on. */
export interface SelfTrainingData {
  readonly labelled: readonly Sample[];
  /** Slices whose labels, if any, are not looked at. */
  readonly unlabelled: readonly Sample[];
  /** Decides which epoch's weights are kept; of no group of the others. */
  readonly validation?: readonly Sample[];
}

/** How {@link selfTrain} trains. */
export interface SelfTrainingOptions extends PseudoLabelOptions {
  /** Students, each taught by the one before; default 1. */
  readonly rounds?: number;
  /** How teacher and students are trained; without `checkpoint` and `ignoreLabel`. */
  readonly fit: Omit<FitOptions, "checkpoint" | "ignoreLabel">;
}

/** A network that was trained, its training, and how many slices it had with labels of a teacher. */
export interface SelfTrained {
  readonly model: tf.LayersModel;
  readonly result: FitResult;
  readonly pseudoLabelled: number;
}

/**
 * Trains a teacher on the labelled slices, labels the others by it, and trains a student from fresh
 * weights on all; so many rounds.
 *
 * @param makeModel makes a network with fresh weights: round 0 is the teacher
 * @returns teacher and students in order, as far as they got: a training that is interrupted is the last
 * @throws ConfigError when the groups of labelled and unlabelled slices overlap with the validation's,
 *   or an option is out of range
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

/** A validation slice among the unlabelled ones would be learned by its teacher's labels. */
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
