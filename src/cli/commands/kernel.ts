import { dirname } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import {
  installKernel,
  kernelsFolder,
  listKernels,
  uninstallKernel,
} from "../../kernel/kernelspec";
import type { InstalledKernel, KernelScope } from "../../kernel/kernelspec";
import { supportsSnapshot } from "../../kernel/snapshot/snapshotFile";
import { installTemplates } from "../../viz/reports/installTemplates";
import { findProject } from "../doctor/project";
import type { CommandResult, CommonOptions } from "../runAction";
import { addCommonOptions, resultAction } from "../runAction";

interface KernelCommandOptions extends CommonOptions {
  readonly user?: boolean;
  readonly sysPrefix?: boolean;
  readonly name?: string;
  readonly strict?: boolean;
}

function scopeOf({ user }: KernelCommandOptions): KernelScope {
  return user === true ? "user" : "sys-prefix";
}

function root(): string {
  return findProject(__dirname, process.cwd()).packageRoot;
}

function addScopeOptions(command: Command): Command {
  return addCommonOptions(command)
    .addOption(
      new Option("--user", "in your home folder, for all your Jupyter installations").conflicts(
        "sysPrefix",
      ),
    )
    .option("--sys-prefix", "in the Python environment (the default)");
}

/** Makes the start-up snapshot, or returns why there is none; the kernel works without it. */
async function snapshot(): Promise<{ readonly file: string | null; readonly note: string }> {
  if (!supportsSnapshot()) return { file: null, note: "" };
  // Imported here, since only this command needs TypeScript.
  const { buildSnapshot } = await import("../../kernel/snapshot/buildSnapshot");
  try {
    return { file: buildSnapshot(root()), note: "" };
  } catch (error) {
    return { file: null, note: `\n${error instanceof Error ? error.message : String(error)}` };
  }
}

async function install(options: KernelCommandOptions): Promise<CommandResult> {
  const { name, strict = false } = options;
  const folder = installKernel({
    packageRoot: root(),
    scope: scopeOf(options),
    strict,
    ...(name === undefined ? {} : { name }),
  });
  const templates = installTemplates(root(), dirname(kernelsFolder(root(), scopeOf(options))));
  const { file, note } = await snapshot();
  return {
    text: `Installed into ${folder}${note}`,
    json: { folder, templates, snapshot: file },
  };
}

function uninstall(options: KernelCommandOptions): CommandResult {
  const folder = uninstallKernel(root(), scopeOf(options), options.name);
  return { text: `Removed ${folder}`, json: { folder } };
}

function line({ name, displayName, folder, isWhole }: InstalledKernel): string {
  return `${name}  ${displayName}  ${folder}${isWhole ? "" : "  (the program it starts is missing: install it again)"}`;
}

function list(options: KernelCommandOptions): CommandResult {
  const { user, sysPrefix } = options;
  const scopes: KernelScope[] =
    user === true ? ["user"] : sysPrefix === true ? ["sys-prefix"] : ["sys-prefix", "user"];
  const kernels = scopes.flatMap((scope) => listKernels(root(), scope));
  const text = kernels.length === 0 ? "No kernel is installed." : kernels.map(line).join("\n");
  return { text, json: kernels };
}

/** `layerbook kernel install|uninstall|list`: registers the kernel with Jupyter. */
export function registerKernelCommand(program: Command): void {
  const kernel = program.command("kernel").description("install the notebook kernel into Jupyter");
  addScopeOptions(kernel.command("install").description("register the kernel with Jupyter"))
    .option("--name <name>", "the kernelspec's name", "layerbook")
    .option("--strict", "check cells with TypeScript's strict rules")
    .action(resultAction<KernelCommandOptions>((options) => install(options)));
  addScopeOptions(kernel.command("uninstall").description("remove the kernel"))
    .option("--name <name>", "the kernelspec's name", "layerbook")
    .action(
      resultAction<KernelCommandOptions>((options) =>
        Promise.resolve().then(() => uninstall(options)),
      ),
    );
  addScopeOptions(kernel.command("list").description("list installed kernels")).action(
    resultAction<KernelCommandOptions>((options) => Promise.resolve().then(() => list(options))),
  );
}
