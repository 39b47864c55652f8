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
 * The phantom that a network is pre-trained on: of another seed than the data's, which may be a phantom
 * too, so that no held-out slice is among its slices.
 */
export function pretrainingData({
  phantom,
  seed,
}: Pick<TrainingConfig, "phantom" | "seed">): Promise<SliceDataset> {
  const own = createRandom(seed).fork("pre-training phantom").seed;
  return loadLabelledData(PHANTOM, { phantom, seed: own });
}

/** The settings by which a network of a configuration is pre-trained. */
function pretrainingConfig(config: TrainingConfig): TrainingConfig {
  return stageConfig(config, {
    epochs: config.pretraining.epochs,
    patience: null,
    // The phantom is in Hounsfield units, whatever the data are in.
    window: null,
    selfTraining: { ...config.selfTraining, rounds: 0 },
  });
}

/**
 * A name for all pre-trainings that come to the same weights: trainings of the same model, whose settings
 * differ only in what comes after.
 */
export function pretrainingKey(model: string, config: TrainingConfig): string {
  const settings = [...decisiveSettings(pretrainingConfig(config))];
  return createHash("sha256")
    .update(JSON.stringify([version, model, settings]))
    .digest("hex")
    .slice(0, 16);
}

/**
 * Trains the network on the phantom, on all of its slices, as many epochs as `pretraining` says. Where
 * several trainings share a folder, the first makes the weights there, the others wait and load them.
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
