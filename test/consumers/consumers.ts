import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

const root = path.resolve(__dirname, "..", "..");
const answer = spawnSync(process.execPath, [path.join(__dirname, "prepare.mjs")], {
  encoding: "utf8",
});
if (answer.status !== 0) throw new Error(answer.stderr);
const { folder = "", problem = null } = JSON.parse(answer.stdout) as {
  folder?: string;
  problem?: string | null;
};
if (problem !== null) console.warn(`The consumers are skipped: ${problem}.`);

/** `describe` if the consumers could be installed. */
export const describeConsumers = problem === null ? describe : describe.skip;

/** The folder of an installed consumer. */
export const consumerFolder = (name: string): string => path.join(folder, name);

/** A command's output and exit status. */
export interface Printed {
  readonly status: number;
  /** stdout and stderr, without tfjs' advice to install another backend. */
  readonly output: string;
}

/** Runs a command in a consumer's folder. */
export function runIn(
  consumer: string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Printed> {
  // Without jest's environment variables, which would change how the consumer runs.
  const ofJest = ["JEST_WORKER_ID", "NODE_OPTIONS", "NODE_ENV"];
  const own = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !ofJest.includes(name)),
  );
  const options = { cwd: consumerFolder(consumer), env: { ...own, ...env } };
  return new Promise((resolve) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      const output = `${stdout}${stderr}`.replaceAll(/^(=+|Hi, looks like .*)\n/gm, "").trim();
      resolve({ status, output });
    });
  });
}

/** This Node, and those installed by `node scripts/otherNodes.mjs`. */
export const NODES: readonly (readonly [string, string])[] = [
  [process.version, process.execPath] as const,
  ...["node22", "node24"].map((name) => {
    const modules = path.join(root, ".engine", "nodes", "node_modules");
    return [name, path.join(modules, name, "bin", "node")] as const;
  }),
].filter(([name, file]) => {
  if (existsSync(file)) return true;
  console.warn(`Consumers on ${name} are skipped: \`node scripts/otherNodes.mjs\` brings it.`);
  return false;
});
