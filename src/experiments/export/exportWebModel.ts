import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { version } from "../../../package.json";
import { ConfigError } from "../../core/errors";
import { rejectUnknownOptions } from "../../core/unknownOptions";
import { defaultWindow } from "../../data/intensity";
import { writeFolderWhole, writeJsonWhole, writeWhole } from "../../files/writeWhole";
import { PREPROCESSING_FILE, WINDOWED_UNITS } from "../../web/preprocessing";
import type { WebPreprocessing } from "../../web/preprocessing";
import { loadRun, onlyModel } from "../storage/runs";
import { prepareOptions } from "../training/prepareOptions";
import type { Run } from "../storage/runs";
import { float16Weights, float32Weights } from "./webWeights";

/** Options of {@link exportWebModel}. */
export interface ExportWebOptions {
  /** `"float16"` halves the download; default `"float32"`, which leaves the weights unchanged. */
  readonly weights?: "float32" | "float16";
}

/** The result of {@link exportWebModel}. */
export interface ExportedWebModel {
  readonly folder: string;
  /** Names within the folder. */
  readonly files: readonly string[];
  readonly preprocessing: WebPreprocessing;
}

/** The shard size of tfjs' converter, so that a browser can cache each shard. */
const SHARD_BYTES = 4 * 2 ** 20;

/**
 * Writes a run for a web page: a tfjs layers model (`model.json` and its weights) and
 * `preprocessing.json`, which states how slices are prepared, so that a page prepares them as Node does.
 * `loadSegmenter` of `layerbook/web` reads the folder.
 *
 * With float16, weights of rank 2 and above are rounded to nearest, ties to even, and vectors stay
 * float32; `preprocessing.json` states the largest change of a weight.
 *
 * @param run a run's folder, or the run itself
 * @param folder created if missing; either all files are written or none
 * @throws DataError for a folder without a finished run; ConfigError for weights that float16 cannot hold
 */
export async function exportWebModel(
  run: string | Run,
  folder: string,
  options: ExportWebOptions = {},
): Promise<ExportedWebModel> {
  rejectUnknownOptions("exportWebModel", options, ["weights"]);
  const { weights: dtype = "float32" } = options;
  const loaded = typeof run === "string" ? await loadRun(run) : run;
  const { record } = loaded;
  expectWholeSlices(loaded);
  const model = onlyModel("exportWebModel", loaded);
  const { window } = prepareOptions(record.config);
  let artifacts: tf.io.ModelArtifacts = {};
  await model.save(
    tf.io.withSaveHandler((given) => {
      artifacts = given;
      return Promise.resolve({
        modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" },
      });
    }),
    { includeOptimizer: false },
  );
  const { specs, data, largestRounding } =
    dtype === "float16" ? float16Weights(artifacts) : float32Weights(artifacts);
  const preprocessing: WebPreprocessing = {
    format: "layerbook-web-1",
    model: record.model,
    classNames: record.classNames,
    size: record.config.size,
    windows: Object.fromEntries(
      WINDOWED_UNITS.map((unit) => [unit, window ?? defaultWindow(unit)]),
    ) as unknown as WebPreprocessing["windows"],
    interpolation: "area",
    flips: record.config.inference.flips,
    decoding: record.config.inference.decoding,
    weights: { dtype, bytes: data.length, largestRounding },
    versions: { layerbook: version, tfjs: tf.version_core },
  };
  const shards = Math.max(1, Math.ceil(data.length / SHARD_BYTES));
  const paths = Array.from({ length: shards }, (_, i) => `weights-${i + 1}of${shards}.bin`);
  const files = await writeFolderWhole(folder, async (draft) => {
    for (const [index, path] of paths.entries()) {
      const from = index * SHARD_BYTES;
      await writeWhole(join(draft, path), data.subarray(from, from + SHARD_BYTES));
    }
    await writeJsonWhole(join(draft, PREPROCESSING_FILE), preprocessing);
    await writeJsonWhole(join(draft, "model.json"), {
      format: "layers-model",
      generatedBy: `layerbook ${version}, tfjs ${tf.version_core}`,
      convertedBy: null,
      modelTopology: artifacts.modelTopology,
      weightsManifest: [{ paths, weights: specs }],
    });
  });
  return { folder, files, preprocessing };
}

/** The web page segments whole slices; it has no sliding-window inference. */
function expectWholeSlices({ folder, record }: Pick<Run, "folder" | "record">): void {
  const { patchSize } = record.config.sampling;
  if (patchSize === null) return;
  throw new ConfigError({
    where: "exportWebModel",
    expected: "a run that was trained on whole slices",
    got: `one on patches of ${patchSize} x ${patchSize}, "${folder}"`,
    remedy: "Pages have no sliding window: train with sampling.patchSize=null, or predict in Node.",
  });
}
