import type { Command } from "commander";
import { listOps } from "../../core/ops/registry";
import { loadEngine } from "../../engine/load";
import { examine, formatChecks } from "../doctor/examine";
import { formatOps } from "../doctor/opsTable";
import { findProject } from "../doctor/project";
import type { CommandResult, CommonOptions } from "../runAction";
import { addCommonOptions, resultAction } from "../runAction";

interface DoctorOptions extends CommonOptions {
  readonly ops?: boolean;
}

/** `layerbook doctor`: checks what is installed and works, and how to fix what does not. */
export function registerDoctorCommand(program: Command): void {
  addCommonOptions(
    program
      .command("doctor")
      .description("check engine, TensorFlow, devices, threads, kernel and versions")
      .option("--ops", "list the fused operations and which form of each runs"),
  ).action(resultAction<DoctorOptions>((options) => Promise.resolve(diagnose(options))));
}

function diagnose({ ops }: DoctorOptions): CommandResult {
  if (ops === true) {
    const { backend } = loadEngine();
    const listing = listOps();
    return { text: formatOps(listing, backend), json: { backend, ops: listing } };
  }
  const project = findProject(__dirname, process.cwd());
  const checks = examine(project, process.env);
  const isWell = checks.every(({ state }) => state !== "broken");
  return {
    text: formatChecks(checks),
    json: { ok: isWell, root: project.root, checks },
    exitCode: isWell ? 0 : 1,
  };
}
