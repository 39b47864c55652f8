import { Argument } from "commander";
import type { Command } from "commander";
import { PRESET_NAMES } from "../../experiments/config/presets";
import { leavesOf } from "../../experiments/config/setting";
import { valueAt } from "../../experiments/config/setting";
import { trainingConfigSchema } from "../../experiments/config/trainingConfig";
import { resultAction } from "../runAction";
import type { CommonOptions } from "../runAction";
import { addCommonOptions } from "../runAction";
import { addTrainingOptions, configOf } from "../trainingOptions";
import type { TrainingOptions } from "../trainingOptions";

interface ConfigOptions extends CommonOptions, TrainingOptions {
  readonly describe?: boolean;
}

/** `layerbook config`: prints a complete configuration, which can be saved as a file for `--config`. */
export function registerConfigCommand(program: Command): void {
  const command = program
    .command("config")
    .description(
      "print a preset's settings, with yours applied; the output can be used with --config",
    )
    .addArgument(new Argument("[preset]", "default quick").choices(PRESET_NAMES))
    .option("--describe", "one line per setting, with a description");
  addTrainingOptions(command);
  addCommonOptions(command).action(async (preset: string | undefined, options: ConfigOptions) => {
    await resultAction(async (given: ConfigOptions) => {
      const config = await configOf({ ...given, ...(preset === undefined ? {} : { preset }) });
      const text =
        given.describe === true
          ? leavesOf(trainingConfigSchema)
              .map(
                ({ path, help }) =>
                  `${path.join(".").padEnd(40)} ${JSON.stringify(valueAt(config, path)).padEnd(18)} ${help}`,
              )
              .join("\n")
          : JSON.stringify(config, null, 2);
      return { text, json: config };
    })(options);
  });
}
