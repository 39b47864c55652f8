import type { Command } from "commander";
import { urlOption } from "./options";

/** Adds the options for experiment trackers. */
export function addTrackingOptions(command: Command): Command {
  return command
    .option(
      "--tensorboard <folder>",
      "write curves for TensorBoard; pass this folder as its --logdir",
    )
    .option("--mlflow <url>", "log to an MLflow tracking server", urlOption("--mlflow"));
}
