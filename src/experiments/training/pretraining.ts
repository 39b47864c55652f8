import { createHash } from "node:crypto";
import { join } from "node:path";
import { version } from "../../../package.json";
import { createRandom } from "../../core/random";
import type { SliceDataset } from "../../data/types";
import { interruptRequested } from "../../display";
import { decisiveSettings } from "../config/fingerprint";
import type { TrainingConfig } from "../config/trainingConfig";
import { withFreeFolder } from "../storage/folderLock";
import { loadRun, readRunRecord, removeUnfinished } from "../storage/runs";
import type { Run } from "../storage/runs";
import { PHANTOM, loadLabelledData } from "./dataSource";
import { stageConfig } from "./stages";
import type { TrainInFolder } from "./trainRun";
import { STAGES_FOLDER } from "../storage/fileNames";

type Options = Parameters<TrainInFolder>[0];

/**
 * The phantom for pre-training. Its seed differs from that of the data, which may be a phantom too, so that
 * it contains no held-out slice.
 */
export function pretrainingData({
  phantom,
  seed,
}: Pick<TrainingConfig, "phantom" | "seed">): Promise<SliceDataset> {
  const own = createRandom(seed).fork("pre-training phantom").seed;
  return loadLabelledData(PHANTOM, { phantom, seed: own });
}

/** The settings for pre-training a network of a configuration. */
function pretrainingConfig(config: TrainingConfig): TrainingConfig {
  return stageConfig(config, {
    epochs: config.pretraining.epochs,
    patience: null,
    // The phantom is in Hounsfield units, whatever the unit of the data.
    window: null,
    selfTraining: { ...config.selfTraining, rounds: 0 },
  });
}

/**
 * A key shared by all pre-trainings that give the same weights: those of the same model whose settings differ only
 * in what follows the pre-training.
 */
export function pretrainingKey(model: string, config: TrainingConfig): string {
  const settings = [...decisiveSettings(pretrainingConfig(config))];
  return createHash("sha256")
    .update(JSON.stringify([version, model, settings]))
    .digest("hex")
    .slice(0, 16);
}

/**
 * Trains the network on all slices of the phantom, for the epochs that `pretraining` sets. If several
 * trainings share a folder, the first one writes the weights there; the others wait and load them.
 */
export async function pretrain(train: TrainInFolder, options: Options): Promise<Run> {
  const { model, config, out, pretrainings, shouldStop = () => false } = options;
  if (pretrainings === undefined) {
    return trainOnPhantom(train, options, join(out, STAGES_FOLDER, "phantom"));
  }
  const folder = join(pretrainings, pretrainingKey(model, config));
  const isStopped = (): boolean => shouldStop() || interruptRequested();
  return withFreeFolder(folder, isStopped, async () => {
    const record = await readRunRecord(folder);
    const isDone = record !== null && record.result.ended !== "interrupted";
    if (!isDone) return trainOnPhantom(train, options, folder);
    await removeUnfinished(folder);
    return loadRun(folder);
  });
}

async function trainOnPhantom(
  train: TrainInFolder,
  options: Options,
  folder: string,
): Promise<Run> {
  const { config } = options;
  const dataset = await pretrainingData(config);
  const ids = dataset.cases.map(({ id }) => id);
  return train({
    ...options,
    ...{ leak: undefined, unlabelled: [] },
    ...{ dataset, source: PHANTOM, out: folder, callbacks: [] },
    split: { fold: 0, seed: config.seed, train: ids, validation: [], test: [] },
    config: pretrainingConfig(config),
  });
}
