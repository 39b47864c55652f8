import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

/** The result of a command. */
export interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export function runCommand(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Answer {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  return { status, stdout, stderr };
}

/** Packs the project and returns the tarball. */
export function packProject(root: string, into: string): string {
  const answer = runCommand(
    "npm",
    ["pack", "--ignore-scripts", "--silent", "--pack-destination", into],
    root,
  );
  if (answer.status !== 0) throw new Error(answer.stderr);
  return path.join(into, answer.stdout.trim());
}

/** A project that depends on the tarball like any other: npm downloads its dependencies. */
export function installTarball(consumer: string, tarball: string): void {
  const answer = runCommand(
    "npm",
    // Install scripts are enabled: one that downloads something must fail here as it would for a user.
    ["install", "--no-audit", "--no-fund", "--prefer-offline", tarball],
    consumer,
  );
  if (answer.status !== 0) throw new Error(answer.stderr);
}

/**
 * The same from local files: the tarball is unpacked next to links to the project's own packages. This is
 * fast, but does not notice a dependency missing from package.json. The engine is left out.
 */
export function linkTarball(consumer: string, tarball: string, root: string): void {
  const modules = path.join(consumer, "node_modules");
  const target = path.join(modules, "layerbook");
  fs.mkdirSync(target, { recursive: true });
  const answer = runCommand("tar", ["xzf", tarball, "--strip-components=1", "-C", target], root);
  if (answer.status !== 0) throw new Error(answer.stderr);
  const own = path.join(root, "node_modules");
  for (const name of fs.readdirSync(own)) {
    if (name.startsWith(".") || name === "layerbook" || name === "@tensorflow") continue;
    fs.symlinkSync(path.join(own, name), path.join(modules, name));
  }
  fs.mkdirSync(path.join(modules, "@tensorflow"));
  for (const name of fs.readdirSync(path.join(own, "@tensorflow"))) {
    if (name.startsWith("tfjs-node")) continue;
    fs.symlinkSync(path.join(own, "@tensorflow", name), path.join(modules, "@tensorflow", name));
  }
}

/** Gives the installed layerbook its own tfjs, as npm does if the project wants another version. */
export function nestTfjs(consumer: string): void {
  const modules = path.join(consumer, "node_modules");
  const nested = path.join(modules, "layerbook", "node_modules");
  fs.mkdirSync(nested, { recursive: true });
  fs.symlinkSync(path.join(modules, "@tensorflow"), path.join(nested, "@tensorflow"));
}
