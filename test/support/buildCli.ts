import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";

const root = join(__dirname, "..", "..");

/** The result of a command. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as a user has it, built into a separate folder so that `dist` is not changed. */
export interface BuiltCli {
  /**
   * @param env additional environment variables
   * @param uid the user to run it as; default the current one
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
  // In a separate process: jest's module system differs from Node's.
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
