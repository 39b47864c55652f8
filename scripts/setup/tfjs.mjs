// @ts-check
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { SetupFailure } from "./failure.mjs";
import { writeWhole } from "./stamps.mjs";

/**
 * Where tfjs-node-gpu is, as layerbook itself would find it.
 *
 * @param {string} packageRoot
 */
export function findTfjsNode(packageRoot) {
  const require = createRequire(path.join(packageRoot, "package.json"));
  try {
    return path.dirname(require.resolve("@tensorflow/tfjs-node-gpu/package.json"));
  } catch {
    throw new SetupFailure(
      "@tensorflow/tfjs-node-gpu is not installed",
      "Run `npm install --ignore-scripts` in the project, then set-up again.",
    );
  }
}

/** Its files that call what Node 23 took away or later Nodes warn of. */
const files = ["nodejs_kernel_backend.js", path.join("kernels", "TopK.js")];
const calls = /\(0, util_1\.(isNullOrUndefined|isArray)\)/;

/**
 * Node 23 took `util.isNullOrUndefined` away, and tfjs-node 4.22, its last release, calls it. The
 * fix stands upstream since 2024 and was never released (tfjs 8609). Only the files themselves can
 * be mended, so that a plain import works in any process.
 *
 * @param {string} source
 */
export function withoutOldUtil(source) {
  return source
    .replaceAll(/\(0, util_1\.isNullOrUndefined\)\((\w+)\)/g, "($1 == null)")
    .replaceAll(/\(0, util_1\.isArray\)\(/g, "Array.isArray(");
}

/** @param {string} packageRoot */
function filesToMend(packageRoot) {
  const dist = path.join(findTfjsNode(packageRoot), "dist");
  return files.map((name) => path.join(dist, name));
}

/** @type {import("./context.mjs").Step<null>} */
export const tfjsStep = {
  name: "tfjs",
  title: "tfjs-node on current Nodes",
  inputs: () => files,
  isWhole: ({ packageRoot }) =>
    filesToMend(packageRoot).every((file) => !calls.test(fs.readFileSync(file, "utf8"))),
  run({ packageRoot }) {
    for (const file of filesToMend(packageRoot)) {
      const mended = withoutOldUtil(fs.readFileSync(file, "utf8"));
      if (calls.test(mended)) {
        throw new SetupFailure(
          `${file} is not that of tfjs-node-gpu 4.22.0`,
          "Install the version that package.json pins, then run set-up again.",
        );
      }
      writeWhole(file, mended);
    }
    return Promise.resolve(null);
  },
};
