import { resolve } from "node:path";
import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import { ConfigError } from "../core/errors";
import type { StudyOptions } from "../experiments/studies/conductStudy";
import type { TrainingConfig } from "../experiments/config/trainingConfig";
import type { TrackingOptions } from "../experiments/tracking/trackersOf";
import { agree } from "./agree";
import { addTrackingOptions } from "./trackingOptions";
import { integerOption, listOption, urlOption } from "./options";
import type { TrainingOptions } from "./trainingOptions";

/** The options of {@link addStudyOptions}, as passed by commander. */
export interface StudyCommandOptions extends TrainingOptions, TrackingOptions {
  readonly data: string;
  readonly out: string;
  readonly split?: string;
  readonly seeds?: readonly number[];
  readonly executor: "local" | "slurm" | "ray";
  readonly jobs?: number;
  readonly slurm?: string;
  readonly ray?: string;
  readonly rayResources?: RayResources;
  readonly prune?: boolean;
  readonly keepWeights?: boolean;
  readonly yes?: boolean;
}

/**
 * Adds the options of every study command, besides its settings.
 *
 * @param takesSplit false for a study that makes its own folds
 */
export function addStudyOptions(command: Command, takesSplit = true): Command {
  addTrackingOptions(command);
  if (takesSplit) {
    command.option("--split <file>", "JSON with your own splits, instead of --folds");
  }
  return command
    .requiredOption("--out <folder>", "folder for the records of all trainings and the tables")
    .option("--data <path>", 'as for train; "phantom" generates a data set', "phantom")
    .option("--seeds <numbers>", "comma-separated; default: the configuration's seed", seedsOption)
    .addOption(
      new Option("--executor <name>", "where trainings run")
        .choices(["local", "slurm", "ray"])
        .default("local"),
    )
    .option(
      "--jobs <count>",
      "local: maximum number of trainings at a time, if memory allows; default 1",
      integerOption(1),
    )
    .option("--slurm <options>", 'slurm: options of sbatch, e.g. "--gres=gpu:1 --mem=8G"')
    .option(
      "--ray <url>",
      "ray: address of its dashboard; default http://127.0.0.1:8265",
      urlOption("--ray"),
    )
    .option(
      "--ray-resources <cpus,gpus>",
      "ray: CPUs and GPUs per training, e.g. 2,1; default 1,0",
      resourcesOption,
    )
    .option("--prune", "drop models that clearly lose after two folds")
    .option("--keep-weights", "keep every training's weights with its record")
    .option("--yes", "do not ask before a long study");
}

/** The study options from the command line, without the plan. */
export async function studyOf(
  options: StudyCommandOptions,
  config: TrainingConfig,
  shouldStop: () => boolean,
): Promise<StudyOptions> {
  const { estimateSeconds, localExecutor, rayExecutor, slurmExecutor, stepCosts } =
    await import("./library");
  expectOwnOptions(options);
  const { split, seeds, prune = false, keepWeights = false } = options;
  const jobArguments = [
    ...(prune ? ["--prune"] : []),
    ...(keepWeights ? ["--keep-weights"] : []),
    ...(options.tensorboard === undefined ? [] : ["--tensorboard", resolve(options.tensorboard)]),
    ...(options.mlflow === undefined ? [] : ["--mlflow", options.mlflow]),
  ];
  const own = { command: [process.execPath, ...process.execArgv, __filename], jobArguments };
  const executor = {
    local: () => localExecutor({ ...own, jobs: options.jobs ?? 1 }),
    slurm: () => slurmExecutor({ ...own, sbatch: options.slurm ?? "" }),
    ray: () =>
      rayExecutor({
        ...{ ...own, ...options.rayResources },
        ...(options.ray === undefined ? {} : { url: options.ray }),
      }),
  }[options.executor]();
  let cost: ReturnType<typeof stepCosts> | null = null;
  return {
    ...{ config, out: options.out, source: options.data, prune, keepsWeights: keepWeights },
    ...(split === undefined ? {} : { splitFile: split }),
    ...(seeds === undefined ? {} : { seeds }),
    ...{ executor, shouldStop },
    // The nodes of a cluster may reach trackers that this machine cannot.
    ...(options.executor === "local" ? { tracking: trackingOf(options) } : {}),
    stepCost: (job) => cost?.(job) ?? 1,
    async beforeRun({ jobs, kind }, { classNames }) {
      cost = stepCosts(classNames.length);
      await agree({
        ...{ kind, trainings: jobs.length, seconds: estimateSeconds(jobs, cost) },
        isAgreed: options.yes === true,
      });
    },
  };
}

function trackingOf({ tensorboard, mlflow }: TrackingOptions): TrackingOptions {
  return {
    ...(tensorboard === undefined ? {} : { tensorboard }),
    ...(mlflow === undefined ? {} : { mlflow }),
  };
}

function seedsOption(text: string): number[] {
  return listOption(text).map((name) => {
    const seed = Number(name);
    if (Number.isInteger(seed) && seed >= 0) return seed;
    throw new InvalidArgumentError("Expected comma-separated integers.");
  });
}

/** The resources that each training takes on a Ray cluster. */
interface RayResources {
  readonly cpus: number;
  readonly gpus: number;
}

function resourcesOption(text: string): RayResources {
  const [cpus, gpus = 0, ...more] = text
    .split(",")
    .map((part) => (part.trim() === "" ? NaN : Number(part)));
  if (more.length === 0 && cpus >= 0 && gpus >= 0) return { cpus, gpus };
  throw new InvalidArgumentError("Expected CPUs, or CPUs and GPUs separated by a comma.");
}

/** The executor of each of these options, which other executors would ignore. */
const EXECUTOR_OPTIONS = {
  jobs: ["--jobs", "local"],
  slurm: ["--slurm", "slurm"],
  ray: ["--ray", "ray"],
  rayResources: ["--ray-resources", "ray"],
} as const;

/** @throws ConfigError for an option of an executor other than the chosen one */
function expectOwnOptions(options: StudyCommandOptions): void {
  for (const key of Object.keys(EXECUTOR_OPTIONS) as (keyof typeof EXECUTOR_OPTIONS)[]) {
    const [flag, executor] = EXECUTOR_OPTIONS[key];
    if (options[key] === undefined || options.executor === executor) continue;
    throw new ConfigError({
      where: flag,
      expected: `--executor ${executor}`,
      got: `--executor ${options.executor}, which has no such option`,
      remedy: `Remove ${flag}, or choose --executor ${executor}.`,
    });
  }
}
