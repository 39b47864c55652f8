import { join } from "node:path";
import { ConfigError } from "../../core/errors";
import { checkSplit, selectById } from "../../data/splits";
import type { Split } from "../../data/splits";
import type { Sample, SliceDataset } from "../../data/types";
import type { TrainingConfig } from "../config/trainingConfig";
import { UNSURE, pseudoLabels, noConfidentLabelsNote } from "./selfTraining";
import type { TrainInFolder, TrainedRun } from "./trainRun";
import { STAGES_FOLDER } from "../storage/fileNames";

type Options = Parameters<TrainInFolder>[0];

/** The settings of a stage, which has no further stages or members except those in `own`. */
export function stageConfig(config: TrainingConfig, own: Partial<TrainingConfig>): TrainingConfig {
  const inference = { ...config.inference, ensemble: 1 };
  return { ...config, inference, pretraining: { epochs: 0 }, ...own };
}

/** Trains a run's teacher: the same run with one round of self-training fewer. */
export function trainTeacher(train: TrainInFolder, options: Options): Promise<TrainedRun> {
  const { config, out } = options;
  const { rounds, minConfidence } = config.selfTraining;
  return train({
    ...options,
    ...{ out: join(out, STAGES_FOLDER, "teacher"), callbacks: [] },
    config: stageConfig(config, { selfTraining: { rounds: rounds - 1, minConfidence } }),
  });
}

/** What a student learns from: the labelled slices and those that its teacher labelled. */
export interface Lessons {
  readonly samples: readonly Sample[];
  readonly split: Split;
  readonly config: TrainingConfig;
  readonly ignoreLabel: number;
  /** Number of unlabelled slices with at least one confident pixel. */
  readonly pseudoLabelledCases: number;
}

/** Labels the unlabelled slices with the teacher. A student takes about as many steps as its teacher. */
export function labelUnlabelled(
  teacher: TrainedRun,
  samples: readonly Sample[],
  { config, split, unlabelled = [] }: Pick<Options, "config" | "split" | "unlabelled">,
): Lessons {
  const { minConfidence } = config.selfTraining;
  const { overlap, mode } = config.inference;
  const { batchSize } = config;
  const taught = pseudoLabels(teacher.models, selectById(samples, unlabelled), {
    ...{ minConfidence, batchSize },
    ...(config.sampling.patchSize === null ? {} : { slidingWindow: { overlap, mode } }),
  });
  const note = noConfidentLabelsNote(taught.length, unlabelled.length, minConfidence);
  if (note !== null) console.warn(note);
  const byId = new Map(taught.map((sample) => [sample.id, sample]));
  const train = [...split.train, ...byId.keys()];
  const epochs = Math.max(1, Math.round((config.epochs * split.train.length) / train.length));
  return {
    samples: samples.map((sample) => byId.get(sample.id) ?? sample),
    split: { ...split, train },
    config: { ...config, epochs },
    ignoreLabel: UNSURE,
    pseudoLabelledCases: taught.length,
  };
}

/**
 * Rejects self-training without slices to label, and unlabelled slices that are held out.
 *
 * @throws ConfigError for either
 */
export function checkUnlabelled(
  { selfTraining: { rounds } }: Pick<TrainingConfig, "selfTraining">,
  split: Split,
  unlabelled: readonly string[],
  { cases }: Pick<SliceDataset, "cases">,
): void {
  if (rounds > 0 && unlabelled.length === 0) {
    throw new ConfigError({
      where: "config.selfTraining.rounds",
      expected: "0 if every slice is labelled",
      got: String(rounds),
      remedy: "Self-training is for k-shot studies, which leave slices unlabelled.",
    });
  }
  if (unlabelled.length > 0) {
    checkSplit({ ...split, train: [...split.train, ...unlabelled] }, cases);
  }
}
