import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import * as z from "zod";
import { ConfigError, SetupError } from "../core/errors";
import { engineFolders } from "../files/packages";
import { writeWholeSync } from "../files/writeWhole";
import { hasInspector } from "./hasInspector";

/** Where kernelspecs live: in a Python environment or in the user's home. */
export type KernelScope = "sys-prefix" | "user";

/** Options of `layerbook kernel install`. */
export interface InstallOptions {
  readonly packageRoot: string;
  readonly scope: KernelScope;
  /** The kernelspec's name; default `layerbook`. */
  readonly name?: string;
  /** Check cells by TypeScript's strict rules. */
  readonly strict?: boolean;
}

/** An installed kernelspec of layerbook. */
export interface InstalledKernel {
  readonly name: string;
  readonly displayName: string;
  readonly folder: string;
  readonly scope: KernelScope;
  /** Whether the programs that it names exist. */
  readonly isWhole: boolean;
}

const specSchema = z.looseObject({
  argv: z.array(z.string()),
  display_name: z.string(),
  metadata: z.looseObject({ implementation: z.string().optional() }).optional(),
});

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="8" fill="#0072b2"/><g fill="none" stroke="#fff" stroke-width="4" stroke-linejoin="round"><path d="M32 14 52 24 32 34 12 24Z"/><path d="m12 33 20 10 20-10"/><path d="m12 42 20 10 20-10"/></g></svg>
`;

/** The Python environment that notebooks run in. */
function pythonPrefix(packageRoot: string): string {
  const { LAYERBOOK_PYTHON, CONDA_PREFIX, VIRTUAL_ENV } = process.env;
  if (LAYERBOOK_PYTHON !== undefined) {
    return execFileSync(LAYERBOOK_PYTHON, ["-c", "import sys; print(sys.prefix)"], {
      encoding: "utf8",
    }).trim();
  }
  const venv = join(packageRoot, ".venv");
  const prefix = VIRTUAL_ENV ?? CONDA_PREFIX ?? (existsSync(venv) ? venv : undefined);
  if (prefix === undefined) {
    throw new SetupError({
      where: "kernel install --sys-prefix",
      expected: "an active Python environment, LAYERBOOK_PYTHON or .venv",
      got: "none",
      remedy: "Activate one, run `npm run setup`, or use --user",
    });
  }
  return prefix;
}

/** The folder that holds a scope's kernelspecs. */
export function kernelsFolder(packageRoot: string, scope: KernelScope): string {
  if (scope === "sys-prefix") {
    return join(pythonPrefix(packageRoot), "share", "jupyter", "kernels");
  }
  const { JUPYTER_DATA_DIR, XDG_DATA_HOME } = process.env;
  const data =
    process.platform === "darwin"
      ? join(homedir(), "Library", "Jupyter")
      : join(XDG_DATA_HOME ?? join(homedir(), ".local", "share"), "jupyter");
  return join(JUPYTER_DATA_DIR ?? data, "kernels");
}

function checkName(name: string): string {
  if (/^[a-zA-Z0-9._-]+$/.test(name)) return name;
  throw new ConfigError({
    where: "kernel --name",
    expected: "letters, digits, dots, dashes and underscores",
    got: JSON.stringify(name),
  });
}

/** The kernelspec's content. Paths are absolute because a frontend may not have our PATH. */
export function kernelSpec(options: InstallOptions): Readonly<Record<string, unknown>> {
  const { packageRoot, strict = false } = options;
  // If layerbook was installed into a project, where its own packages are.
  const modules = engineFolders().map((folder) => join(folder, "node_modules"));
  return {
    argv: [
      process.execPath,
      join(packageRoot, "dist", "kernel.js"),
      ...(strict ? ["--strict"] : []),
      "{connection_file}",
    ],
    display_name: strict ? "TypeScript, strict (layerbook)" : "TypeScript (layerbook)",
    language: "typescript",
    interrupt_mode: "message",
    env: {
      // Read by TensorFlow when it loads: warnings and errors only.
      TF_CPP_MIN_LOG_LEVEL: "3",
      ...(modules.length === 0 ? {} : { NODE_PATH: modules.join(delimiter) }),
    },
    metadata: { implementation: "layerbook", debugger: hasInspector() },
  };
}

/**
 * Installs the kernelspec.
 *
 * @returns its folder
 * @throws SetupError if the kernel is not built or there is no Python environment
 */
export function installKernel(options: InstallOptions): string {
  const { packageRoot, scope } = options;
  const name = checkName(options.name ?? "layerbook");
  const script = join(packageRoot, "dist", "kernel.js");
  if (!existsSync(script)) {
    throw new SetupError({
      where: "kernel install",
      expected: `the built kernel ${script}`,
      got: "no such file",
      remedy: "Run `npm run build`",
    });
  }
  const folder = join(kernelsFolder(packageRoot, scope), name);
  // Written atomically: a frontend may be listing kernels.
  writeWholeSync(join(folder, "logo-svg.svg"), LOGO);
  writeWholeSync(join(folder, "kernel.json"), `${JSON.stringify(kernelSpec(options), null, 2)}\n`);
  return folder;
}

/** The kernelspecs of a scope that start this kernel, whatever their name. */
export function listKernels(packageRoot: string, scope: KernelScope): InstalledKernel[] {
  const root = kernelsFolder(packageRoot, scope);
  const names = existsSync(root) ? readdirSync(root).sort() : [];
  return names.flatMap((name) => {
    const folder = join(root, name);
    let json: unknown;
    try {
      json = JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8"));
    } catch {
      return []; // not a kernelspec, or a broken one
    }
    const spec = specSchema.safeParse(json);
    if (!spec.success || spec.data.metadata?.implementation !== "layerbook") return [];
    const programs = spec.data.argv.slice(0, 2);
    const isWhole = programs.every((program) => existsSync(program));
    return [{ name, displayName: spec.data.display_name, folder, scope, isWhole }];
  });
}

/**
 * Removes a kernelspec of layerbook.
 *
 * @returns its folder
 * @throws ConfigError if there is none of that name, or it starts another kernel
 */
export function uninstallKernel(
  packageRoot: string,
  scope: KernelScope,
  name = "layerbook",
): string {
  const found = listKernels(packageRoot, scope).find((each) => each.name === name);
  if (found === undefined) {
    throw new ConfigError({
      where: "kernel uninstall",
      expected: "the name of a layerbook kernel",
      got: JSON.stringify(name),
      remedy: "`layerbook kernel list` names them",
    });
  }
  rmSync(found.folder, { recursive: true });
  return found.folder;
}
