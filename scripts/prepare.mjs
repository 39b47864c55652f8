// @ts-check
// Builds dist/ before npm packs this folder, for `npm pack` and for projects that install layerbook
// from git. In neither case has set-up run, and without dist/ the package has no code.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { findNpm } from "./setup/npm.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/** @param {readonly string[]} command */
function run([program, ...args]) {
  // stdout belongs to npm: `npm pack` prints the tarball's name there.
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function hasPackages() {
  try {
    createRequire(path.join(root, "package.json")).resolve("esbuild");
    return true;
  } catch {
    return false;
  }
}

if (!hasPackages()) run([...findNpm(process.env), "ci", "--ignore-scripts", "--no-audit"]);
run([process.execPath, path.join(root, "scripts", "build.mjs")]);
