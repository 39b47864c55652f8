import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";

const root = join(__dirname, "..", "..");

/** How a command ended. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as a user has it, built into a folder of its own so that `dist` is left alone. */
export interface BuiltCli {
  /**
   * @param env more variables than this process has
   * @param uid the user that it runs as; default this process's own
   */
  readonly run: (
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
    uid?: number,
  ) => Promise<CliResult>;
  readonly start: (args: readonly string[]) => ChildProcess;
  readonly remove: () => Promise<void>;
}

/** Builds the command line as `npm run build` does. */
export async function buildCli(): Promise<BuiltCli> {
  const outDir = join(root, "node_modules", ".cache", `layerbook-cli-${process.pid}`);
  // In a process of its own: jest's modules are not node's.
  const script = `import("./scripts/compile/commonJs.mjs").then(({ compileCommonJs }) =>
    compileCommonJs(${JSON.stringify(root)}, ${JSON.stringify(outDir)}))`;
  const built = await execute(["-e", script]);
  if (built.code !== 0) throw new Error(`the command line does not build:\n${built.stderr}`);
  const cli = join(outDir, "cli.js");
  return {
    run: (args, env, uid) => execute([cli, ...args], env, uid),
    start: (args) => spawn(process.execPath, [cli, ...args], { cwd: root, stdio: "ignore" }),
    remove: () => rm(outDir, { recursive: true, force: true }),
  };
}

function execute(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  uid?: number,
): Promise<CliResult> {
  return new Promise((resolve) => {
    const user = uid === undefined ? {} : { uid };
    const options = { cwd: root, maxBuffer: 1 << 26, env: { ...process.env, ...env }, ...user };
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : null;
      resolve({ code, stdout, stderr });
    });
  });
}
