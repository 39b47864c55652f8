// @ts-check
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { SetupFailure } from "./failure.mjs";
import { writeWhole } from "./stamps.mjs";

/**
 * @typedef {Pick<import("./context.mjs").Context, "packageRoot" | "engineFolder">} Places
 */

/**
 * The folder of a package, found as layerbook itself finds it: beside layerbook, or else in `.engine`.
 *
 * @param {Places} places
 * @param {string} name
 */
export function findPackage({ packageRoot, engineFolder }, name) {
  for (const folder of [packageRoot, engineFolder]) {
    const require = createRequire(path.join(folder, "package.json"));
    try {
      return path.dirname(require.resolve(`${name}/package.json`));
    } catch {
      // Try the next folder.
    }
  }
  throw new SetupFailure(
    `${name} is not installed`,
    "Run `npm install --ignore-scripts` in the project, then set-up again.",
  );
}

/** @param {Places} places */
export function findTfjsNode(places) {
  return findPackage(places, "@tensorflow/tfjs-node-gpu");
}

/** Its files that call functions removed in Node 23 or deprecated in later versions. */
const files = ["nodejs_kernel_backend.js", path.join("kernels", "TopK.js")];
const calls = /\(0, util_1\.(isNullOrUndefined|isArray)\)/;

/**
 * Node 23 removed `util.isNullOrUndefined`, which tfjs-node 4.22, its last release, calls. It was fixed
 * upstream in 2024 but never released (tfjs 8609). Only patching the files makes a plain import work in
 * any process.
 *
 * @param {string} source
 */
export function withoutOldUtil(source) {
  return source
    .replaceAll(/\(0, util_1\.isNullOrUndefined\)\((\w+)\)/g, "($1 == null)")
    .replaceAll(/\(0, util_1\.isArray\)\(/g, "Array.isArray(");
}

/** @param {Places} places */
function filesToPatch(places) {
  const dist = path.join(findTfjsNode(places), "dist");
  return files.map((name) => path.join(dist, name));
}

/** @type {import("./context.mjs").Step<null>} */
export const tfjsStep = {
  name: "tfjs",
  title: "tfjs-node on current Nodes",
  inputs: () => files,
  isWhole: (context) =>
    filesToPatch(context).every((file) => !calls.test(fs.readFileSync(file, "utf8"))),
  run(context) {
    for (const file of filesToPatch(context)) {
      const mended = withoutOldUtil(fs.readFileSync(file, "utf8"));
      if (calls.test(mended)) {
        throw new SetupFailure(
          `${file} is not the file of tfjs-node-gpu 4.22.0`,
          "Install the version that package.json pins, then run set-up again.",
        );
      }
      writeWhole(file, mended);
    }
    return Promise.resolve(null);
  },
};
