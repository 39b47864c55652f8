import { Command } from "commander";
import { version } from "../../package.json";
import { registerAblateCommand } from "./commands/ablate";
import { registerCompareCommand } from "./commands/compare";
import { registerConfigCommand } from "./commands/config";
import { registerDemoCommand } from "./commands/demo";
import { registerDoctorCommand } from "./commands/doctor";
import { registerEvaluateCommand } from "./commands/evaluate";
import { registerJobCommand } from "./commands/job";
import { registerExportCommand } from "./commands/export";
import { registerKernelCommand } from "./commands/kernel";
import { registerKShotCommand } from "./commands/kShot";
import { registerLeakStudyCommand } from "./commands/leakStudy";
import { registerPhantomCommand } from "./commands/phantom";
import { registerPredictCommand } from "./commands/predict";
import { registerReportCommand } from "./commands/report";
import { registerRunsCommand } from "./commands/runs";
import { registerSetupCommand } from "./commands/setup";
import { registerTrainCommand } from "./commands/train";

/** Creates the command line, with all commands registered. */
export function createProgram(): Command {
  const program = new Command("layerbook")
    .description(
      "Layers, a compiled training step and a notebook kernel for TypeScript.\n" +
        "For research and teaching; not a medical product.",
    )
    .version(version)
    .exitOverride()
    // Commander puts its suggestion on a line of its own.
    .configureOutput({
      outputError: (text, write) => write(`${text.trim().replace(/\s*\n\s*/g, " ")}\n`),
    });
  registerTrainCommand(program);
  registerPredictCommand(program);
  registerEvaluateCommand(program);
  registerCompareCommand(program);
  registerAblateCommand(program);
  registerLeakStudyCommand(program);
  registerKShotCommand(program);
  registerJobCommand(program);
  registerConfigCommand(program);
  registerRunsCommand(program);
  registerReportCommand(program);
  registerDemoCommand(program);
  registerExportCommand(program);
  registerPhantomCommand(program);
  registerKernelCommand(program);
  registerSetupCommand(program);
  registerDoctorCommand(program);
  return program;
}
