// @ts-check
import fs from "node:fs";
import path from "node:path";
import { SetupFailure } from "./failure.mjs";
import { hashFiles } from "./stamps.mjs";

const sources = [
  ...["src", "scripts/compile.mjs", "scripts/compile"],
  ...["tsconfig.json", "package.json", "package-lock.json"],
];
const products = [
  ...["index.js", "index.mjs", "index.d.ts", "node.js", "node.mjs", "node.d.ts", "cli.js"],
  ...[
    "esm/index.mjs",
    "kernel.js",
    "kernelSession.js",
    "kernelCommands.js",
    "kernelSnapshot.js",
    "NOTICES.txt",
  ],
];

const partial = ".dist";

/** @param {string} root */
export function prepareBuild(root) {
  fs.rmSync(path.join(root, partial), { recursive: true, force: true });
}

/**
 * The arguments to Node that compile src/ into a separate folder.
 *
 * @param {string} root
 */
export function compileCommand(root) {
  return [path.join(root, "scripts", "compile.mjs"), partial];
}

/**
 * Replaces the old build by one that succeeded.
 *
 * @param {string} root
 */
export function replaceBuild(root) {
  const dist = path.join(root, "dist");
  fs.rmSync(dist, { recursive: true, force: true });
  fs.renameSync(path.join(root, partial), dist);
}

/** @type {import("./context.mjs").Step<null>} */
export const buildStep = {
  name: "build",
  title: "layerbook itself",
  inputs: ({ root }) => hashFiles(root, sources),
  isWhole: ({ root }) => products.every((file) => fs.existsSync(path.join(root, "dist", file))),
  async run(context) {
    prepareBuild(context.root);
    const report = await context.runLogged("build", process.execPath, compileCommand(context.root));
    if (!report.ok) {
      throw new SetupFailure(
        "src/ does not compile",
        `Fix the errors below (\`npm run build\` shows them too) and run set-up again. The full output is in ${report.log}.`,
        report.errors,
      );
    }
    replaceBuild(context.root);
    return null;
  },
};

/** Links in node_modules: the package for cells, and its command for npx. */
const links = [
  ["layerbook", ".."],
  [path.join(".bin", "layerbook"), path.join("..", "..", "scripts", "layerbook.mjs")],
];

/**
 * Cells cannot import `../`, so the package and its command are linked in its own node_modules, as
 * if npm had installed it. `npm ci` and `npm install` remove both links.
 *
 * @type {import("./context.mjs").Step<null>}
 */
export const linkStep = {
  name: "link",
  title: "the name layerbook, for notebooks and npx",
  inputs: () => null,
  isWhole: ({ root }) => isLinked(root),
  run({ root }) {
    const modules = path.join(root, "node_modules");
    for (const [link, target] of links) {
      fs.mkdirSync(path.dirname(path.join(modules, link)), { recursive: true });
      fs.rmSync(path.join(modules, link), { recursive: true, force: true });
      fs.symlinkSync(target, path.join(modules, link));
    }
    return Promise.resolve(null);
  },
};

/** @param {string} root */
function isLinked(root) {
  const modules = path.join(root, "node_modules");
  try {
    return links.every(([link, target]) => {
      const wanted = path.resolve(modules, path.dirname(link), target);
      return fs.realpathSync(path.join(modules, link)) === fs.realpathSync(wanted);
    });
  } catch {
    return false;
  }
}
