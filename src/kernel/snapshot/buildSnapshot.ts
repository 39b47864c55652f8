import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { SetupError } from "../../core/errors";
import { engineFolders } from "../../files/packages";
import { writeWholeSync } from "../../files/writeWhole";
import { LANGUAGE } from "../session/languageLevel";
import { V8_FLAGS, factsFile, snapshotFacts, snapshotFile } from "./snapshotFile";

/** How long the build may take on a slow machine. */
const TIMEOUT_MS = 300_000;

/**
 * The script that Node builds a snapshot from. Node runs a single file there, which can require only
 * built-in modules, so this script loads ours itself.
 */
function builderScript(program: string, packageRoot: string, typescript: string): string {
  return `
const builtin = require;
const fs = builtin("fs");
const path = builtin("path");
const known = new Map();
function load(file) {
  if (known.has(file)) return known.get(file).exports;
  const module = { exports: {} };
  known.set(file, module);
  const code = fs.readFileSync(file, "utf8");
  const run = new Function(
    "exports", "require", "module", "__filename", "__dirname",
    code + "\\n//# sourceURL=" + file,
  );
  const require = (name) => {
    if (name.startsWith(".")) return load(path.resolve(path.dirname(file), name));
    if (name === "typescript") return load(${JSON.stringify(typescript)});
    // TypeScript does without these, and a snapshot cannot hold them.
    if (/^(crypto|inspector|perf_hooks|source-map-support)$/.test(name)) throw new Error(name);
    return builtin(name);
  };
  run.call(module.exports, module.exports, require, module, file, path.dirname(file));
  return module.exports;
}
globalThis.layerbookLanguage = ${JSON.stringify(LANGUAGE)};
globalThis.layerbookSnapshot = ${JSON.stringify({ packageRoot, typescript })};
load(${JSON.stringify(program)});
delete globalThis.layerbookLanguage;
`;
}

/**
 * Loads all of Node's built-in modules in a process started from the snapshot. Some versions of Node
 * build one but fail an assertion when it loads a module such as `net`.
 */
const CHECK = `
for (const name of require("node:module").builtinModules) {
  if (!/^(?:_|internal|sys$|trace_events$|wasi$|punycode$|inspector)/.test(name)) require(name);
}
if (!(Symbol.for("layerbook.prepared") in globalThis)) throw new Error("it contains no files");
process.exit(0);
`;

/** TypeScript's script, found as the session finds it. */
function findTypescript(packageRoot: string): string {
  for (const folder of [packageRoot, ...engineFolders()]) {
    try {
      return createRequire(join(folder, "index.js")).resolve("typescript");
    } catch {
      // Try the next folder.
    }
  }
  throw new SetupError({
    where: "kernel snapshot",
    expected: "the package typescript",
    got: "none",
    remedy: "Run `npx layerbook setup`",
  });
}

/**
 * Builds the snapshot that sessions start from: TypeScript, and the declarations of Node, tfjs and
 * layerbook, parsed and bound. Only the Node that built it can use it.
 *
 * @returns its file
 * @throws SetupError if Node cannot build it; sessions then start without it, more slowly
 */
export function buildSnapshot(packageRoot: string): string {
  const file = snapshotFile(packageRoot);
  const typescript = findTypescript(packageRoot);
  const facts = snapshotFacts(typescript);
  const folder = mkdtempSync(join(tmpdir(), "layerbook-snapshot-"));
  try {
    const script = join(folder, "build.js");
    const partial = `${file}.${process.pid}.partial`;
    const program = join(packageRoot, "dist", "kernelSnapshot.js");
    writeFileSync(script, builderScript(program, packageRoot, typescript));
    mkdirSync(dirname(file), { recursive: true });
    const run = (args: readonly string[]): { status: number | null; stderr: string } =>
      spawnSync(process.execPath, [...V8_FLAGS, "--snapshot-blob", partial, ...args], {
        ...{ encoding: "utf8", timeout: TIMEOUT_MS },
        env: { ...process.env, NODE_OPTIONS: "" },
      });
    const check = join(folder, "check.js");
    writeFileSync(check, CHECK);
    const built = run(["--build-snapshot", script]);
    const { status, stderr } = built.status === 0 ? run([check]) : built;
    if (status !== 0) {
      rmSync(factsFile(file), { force: true });
      rmSync(file, { force: true });
      rmSync(partial, { force: true });
      throw new SetupError({
        where: "kernel snapshot",
        expected: `Node ${process.version} to build a start-up snapshot`,
        got: stderr.trim().split("\n").slice(0, 12).join("\n"),
        remedy: "The kernel works without it and starts more slowly",
      });
    }
    // The facts file is written last: without it the snapshot is not used.
    rmSync(factsFile(file), { force: true });
    renameSync(partial, file);
    writeWholeSync(factsFile(file), `${JSON.stringify(facts)}\n`);
    return file;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
