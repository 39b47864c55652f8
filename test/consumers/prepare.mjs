// @ts-check
// Installs the dependencies of the consumers in this folder, and layerbook itself from one tarball, into a
// temporary folder, and copies each consumer into it. A second run with the same package does nothing.
// Prints the folder as JSON, or what could not be installed.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Lock } from "../../scripts/setup/lock.mjs";
import { looksOffline } from "../../scripts/setup/shell.mjs";
import { hashFiles, hashOf, writeWhole } from "../../scripts/setup/stamps.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "..", "..");
// Outside the repository, so that no tool searches its many files.
const folder = path.join(os.tmpdir(), `layerbook-consumers-${hashOf(root)}`);

/** TypeScript's minor versions from 5.0 on, each under a separate name. */
const typescripts = JSON.parse(fs.readFileSync(path.join(here, "typescripts.json"), "utf8"));

/** @param {string} file */
const readJson = (file) => JSON.parse(fs.readFileSync(file, "utf8"));

const names = fs
  .readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/**
 * The dependencies of all consumers; each must have the same version everywhere.
 *
 * @returns {Record<string, string>}
 */
function dependencies() {
  /** @type {Record<string, string>} */
  const all = {};
  for (const name of names) {
    const wanted = readJson(path.join(here, name, "package.json"));
    for (const [each, version] of Object.entries({
      ...wanted.dependencies,
      ...wanted.devDependencies,
    })) {
      if (each === "layerbook") continue;
      if (all[each] !== undefined && all[each] !== version) {
        throw new Error(`${name} wants ${each} ${version}, another consumer ${all[each]}`);
      }
      all[each] = version;
    }
  }
  for (const version of typescripts) all[`typescript-${version}`] = `npm:typescript@${version}`;
  return all;
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  return { isWell: status === 0, output: `${stdout}${stderr}${error?.message ?? ""}` };
}

/** @returns {{folder: string} | {problem: string}} */
function prepare() {
  const { files } = readJson(path.join(root, "package.json"));
  const key = hashFiles(root, ["package.json", "README.md", ...files]);
  const tarball = `layerbook-${key}.tgz`;
  const wanted = { ...dependencies(), layerbook: `file:${tarball}` };
  const stamp = path.join(folder, "stamp");
  const whole = hashOf(wanted);
  if (!fs.existsSync(stamp) || fs.readFileSync(stamp, "utf8") !== whole) {
    fs.rmSync(stamp, { force: true });
    const packed = run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], root);
    if (!packed.isWell) throw new Error(packed.output);
    const { version } = readJson(path.join(root, "package.json"));
    fs.renameSync(path.join(folder, `layerbook-${version}.tgz`), path.join(folder, tarball));
    writeWhole(
      path.join(folder, "package.json"),
      JSON.stringify({ private: true, dependencies: wanted }),
    );
    const quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--prefer-offline"];
    // Install scripts are enabled: one that downloads something must fail here as it would for a user.
    const installed = run("npm", ["install", ...quiet], folder);
    if (!installed.isWell && looksOffline(installed.output)) {
      return { problem: "npm cannot reach the package registry" };
    }
    if (!installed.isWell) throw new Error(installed.output);
    writeWhole(stamp, whole);
  }
  // Another test may be using the copies: what it has built stays if nothing has changed.
  const copied = path.join(folder, "copied");
  const sources = hashFiles(here, names);
  if (fs.existsSync(copied) && fs.readFileSync(copied, "utf8") === sources) return { folder };
  fs.rmSync(copied, { force: true });
  for (const name of names) {
    const target = path.join(folder, name);
    fs.rmSync(target, { recursive: true, force: true });
    fs.cpSync(path.join(here, name), target, { recursive: true });
  }
  writeWhole(copied, sources);
  return { folder };
}

fs.mkdirSync(folder, { recursive: true });
const lock = new Lock(path.join(folder, "lock"));
await lock.take(() => {}, 200);
try {
  console.log(JSON.stringify(prepare()));
} finally {
  lock.release();
}
