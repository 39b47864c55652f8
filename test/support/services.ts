import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const root = join(__dirname, "..", "..");

/** A program of `test/services/requirements.txt` or of the system; `null` if it is not installed. */
export function serviceProgram(name: string): string | null {
  const installed = join(root, ".venv-services", "bin", name);
  if (existsSync(installed)) return installed;
  const found = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" });
  const path = found.stdout.trim();
  // System folders with daemons are not always on the PATH.
  const daemon = join("/usr/sbin", name);
  return path !== "" ? path : existsSync(daemon) ? daemon : null;
}

/** `describe` if the programs are installed; otherwise reports which are missing, and skips. */
export function describeWith(programs: readonly string[]): jest.Describe {
  const missing = programs.filter((name) => serviceProgram(name) === null);
  if (missing.length === 0) return describe;
  console.warn(`Not installed: ${missing.join(", ")}. Tests with the real service are skipped.`);
  return describe.skip;
}

/** An unused port. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a service; its output is discarded. */
export function startService(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): ChildProcess {
  // A separate process group, so that the service's own processes can be ended with it.
  return spawn(program, args, { stdio: "ignore", env, detached: true });
}

/** Stops a service that was started here, and waits until it has ended. */
export async function stopService(service: ChildProcess | null): Promise<void> {
  if (service === null || service.exitCode !== null || service.signalCode !== null) return;
  const gone = new Promise((resolve) => service.once("exit", resolve));
  signalGroup(service, "SIGTERM");
  const late = setTimeout(() => signalGroup(service, "SIGKILL"), 10_000);
  await gone;
  clearTimeout(late);
  signalGroup(service, "SIGKILL");
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // They have all ended.
  }
}

/** Repeats a question until there is an answer. */
export async function eventually<T>(ask: () => Promise<T | null>, tries = 300): Promise<T> {
  for (let i = 0; i < tries; i++) {
    const answer = await ask().catch(() => null);
    if (answer !== null) return answer;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("no answer in time");
}
