import { spawnSync } from "node:child_process";
import path from "node:path";
import type { Command } from "commander";
import { findProject } from "../doctor/project";

/** `layerbook setup`: sets up Python, TensorFlow, the addon and the kernel in the current project. */
export function registerSetupCommand(program: Command): void {
  program
    .command("setup")
    .description("make .venv with TensorFlow and JupyterLab, build the engine, install the kernel")
    .addHelpText(
      "after",
      "\nLAYERBOOK_PYTHON names a Python environment to use instead of .venv;\n" +
        "LAYERBOOK_ENGINE=cpu|gpu chooses TensorFlow's wheel instead of looking for a driver.",
    )
    .action(() => {
      const { packageRoot, root } = findProject(__dirname, process.cwd());
      const script = path.join(packageRoot, "scripts", "setup.mjs");
      const child = spawnSync(process.execPath, [script, "--project", root], { stdio: "inherit" });
      process.exitCode = child.status ?? 1;
    });
}
