import type { Command } from "commander";
import { ConfigError } from "../../core/errors";
import { addTrackingOptions } from "../trackingOptions";
import { integerOption } from "../options";
import type { TrackingOptions } from "../../experiments/tracking/trackersOf";
import { addCommonOptions, resultAction, withStopOnInterrupt } from "../runAction";
import type { CommandResult, CommonOptions } from "../runAction";

interface JobOptions extends CommonOptions, TrackingOptions {
  readonly id?: string;
  readonly index?: number;
  readonly prune?: boolean;
  readonly keepWeights?: boolean;
}

/** `layerbook job`: runs one training of a study, on any machine with access to its folder and the data. */
export function registerJobCommand(program: Command): void {
  const command = program
    .command("job")
    .description("run one job of a study; a finished job is not run again")
    .argument("<study>", "folder of the study")
    .option("--id <name>", "which job, by its folder's name in jobs/")
    .option(
      "--index <number>",
      "which job, by its index in study.json, counted from 0",
      integerOption(0),
    )
    .option("--prune", "drop it if its model clearly loses after two folds")
    .option("--keep-weights", "keep the weights with the record");
  addTrackingOptions(command);
  addCommonOptions(command).action((out: string, options: JobOptions) =>
    resultAction<JobOptions>((given) => run(out, given))(options),
  );
}

async function run(out: string, options: JobOptions): Promise<CommandResult> {
  const { jobAt, runPlannedJob } = await import("../library");
  const { prune = false, keepWeights = false } = options;
  if (options.id !== undefined && options.index !== undefined) {
    throw new ConfigError({ where: "job", expected: "--id or --index", got: "both" });
  }
  const id = options.index === undefined ? options.id : await jobAt(out, options.index);
  if (id === undefined) {
    throw new ConfigError({ where: "job", expected: "--id or --index", got: "neither" });
  }
  const record = await withStopOnInterrupt((shouldStop) =>
    runPlannedJob(out, id, {
      ...{ shouldStop, prune, keepsWeights: keepWeights, tracking: options },
      waits: true,
    }),
  );
  if (record === null) {
    return { text: `${id} was stopped`, json: { out, id, isDone: false }, exitCode: 130 };
  }
  return {
    text: record.dropped === null ? `${id} is done` : `${id} was dropped: it ${record.dropped}`,
    json: { out, id, isDone: true, dropped: record.dropped },
  };
}
