import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { ConfigError } from "../../core/errors";
import type { TrackingOptions } from "../../experiments/tracking/trackersOf";
import { addTrackingOptions } from "../trackingOptions";
import { integerOption } from "../options";
import { MODEL_NAMES } from "../../models/modelNames";
import { addCommonOptions, resultAction, withStopOnInterrupt } from "../runAction";
import type { CommonOptions } from "../runAction";
import { addTrainingOptions, configOf } from "../trainingOptions";
import type { TrainingOptions } from "../trainingOptions";

interface TrainOptions extends CommonOptions, TrainingOptions, TrackingOptions {
  readonly data: string;
  readonly model: string;
  readonly out: string;
  readonly split?: string;
  readonly fold?: number;
}

/** `layerbook train`: trains one model and writes a run folder. */
export function registerTrainCommand(program: Command): void {
  const command = program
    .command("train")
    .description("train a model; run it again to resume after a stop")
    .requiredOption("--out <run>", "folder of the run")
    .option(
      "--data <path>",
      'NIfTI pair, COVID-SemiSeg folder, folder with images and masks, or DICOM series with a segmentation beside it; "phantom" generates data',
      "phantom",
    )
    .option("--model <name>", MODEL_NAMES.join(", "), "residualAttentionUnet");
  command
    .option(
      "--split <file>",
      "JSON with the cases to train on and to hold out, in the form of split.json",
    )
    .option(
      "--fold <number>",
      "which of the file's splits, counted from 1; default 1",
      integerOption(1),
    );
  addTrackingOptions(command);
  addTrainingOptions(command, ["folds"]);
  addCommonOptions(command).action(
    resultAction(async (options: TrainOptions) => {
      const config = await configOf(options);
      const { ownSplit, trainRun, evaluateModel, summaryTable, resizeCeiling, formatScore } =
        await import("../library");
      const { inferenceOptions, summaryScores, trackedSettings, trackersOf } =
        await import("../library");
      if (options.fold !== undefined && options.split === undefined) {
        throw new ConfigError({
          where: "--fold",
          expected: "--split FILE as well",
          got: "no --split",
          remedy: "Name the file, or remove --fold; train then makes its own split.",
        });
      }
      const given =
        options.split === undefined
          ? {}
          : await ownSplit({
              source: options.data,
              path: options.split,
              fold: options.fold ?? 1,
              config,
            });
      const trackers = trackersOf(options, {
        name: basename(resolve(options.out)),
        folder: options.out,
        settings: trackedSettings(config, { source: options.data }),
      });
      const run = await withStopOnInterrupt((shouldStop) =>
        trainRun({
          ...given,
          callbacks: trackers.map(({ callback }) => callback),
          model: options.model,
          config,
          out: options.out,
          source: options.data,
          shouldStop,
        }),
      );
      const { result, data } = run.record;
      const { classNames } = run.record;
      const isScored = run.testCases.length > 0;
      const evaluation = isScored
        ? evaluateModel(run.models, run.testCases, { ...inferenceOptions(config), classNames })
        : null;
      if (evaluation !== null && result.ended !== "interrupted" && !run.wasFinished) {
        for (const tracker of trackers) await tracker.scores(summaryScores(evaluation.summary));
      }
      const ceiling = isScored
        ? resizeCeiling(
            { name: data.name, classNames, cases: run.testCases, grid: null },
            { size: config.size },
          )
        : [];
      const how = run.wasFinished
        ? "was trained already"
        : result.ended === "interrupted"
          ? "was stopped; run the command again to resume"
          : `trained in ${Math.round(result.seconds)} s`;
      const lines = [
        `${options.model} ${how}: ${counted(result.steps, "step")}, ${counted(result.records.length, "epoch")}` +
          (result.bestEpoch > 0 ? `, weights of epoch ${result.bestEpoch}` : ""),
        ...(evaluation === null
          ? []
          : [
              `\nOn ${counted(run.testCases.length, "slice")} held out:\n`,
              summaryTable(evaluation.summary, evaluation.records[0].distanceUnit),
              ...ceilingLine(
                config.size,
                ceiling.slice(1).map((value) => formatScore(value)),
              ),
            ]),
        ...(data.splitNote === null ? [] : [data.splitNote]),
        `\nSaved in ${options.out}`,
      ];
      return {
        text: lines.join("\n"),
        json: { run: options.out, record: run.record, test: evaluation?.summary ?? null, ceiling },
        ...(result.ended === "interrupted" ? { exitCode: 130 } : {}),
      };
    }),
  );
}

/** A line with the highest Dice that resizing allows per class; none if no held-out slice has any class. */
function ceilingLine(size: number, scores: readonly string[]): string[] {
  if (scores.every((score) => score === "-")) return [];
  return [`Resizing to ${size} pixels alone limits Dice to ${scores.join(", ")}.`];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
