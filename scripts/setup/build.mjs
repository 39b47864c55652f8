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
  ...["esm/index.mjs", "kernel.js", "kernelSession.js", "kernelCommands.js", "NOTICES.txt"],
];

const partial = ".dist";

/** @param {string} root */
export function prepareBuild(root) {
  fs.rmSync(path.join(root, partial), { recursive: true, force: true });
}

/**
 * The arguments to Node that compile src/ into a folder of its own.
 *
 * @param {string} root
 */
export function compileCommand(root) {
  return [path.join(root, "scripts", "compile.mjs"), partial];
}

/**
 * Puts a build that succeeded in the place of the old one.
 *
 * @param {string} root
 */
export function takeBuild(root) {
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
        `Mend the errors below (\`npm run build\` shows them too) and run set-up again. All it said is in ${report.log}.`,
        report.errors,
      );
    }
    takeBuild(context.root);
    return null;
  },
};

/**
 * Cells cannot import `../`, so the package stands among its own dependencies. `npm ci` and
 * `npm install` take the link away.
 *
 * @type {import("./context.mjs").Step<null>}
 */
export const linkStep = {
  name: "link",
  title: "the name layerbook, for notebooks",
  inputs: () => null,
  isWhole: ({ root }) => isLinked(root),
  run({ root }) {
    const link = path.join(root, "node_modules", "layerbook");
    fs.rmSync(link, { recursive: true, force: true });
    fs.symlinkSync("..", link, "dir");
    return Promise.resolve(null);
  },
};

/** @param {string} root */
function isLinked(root) {
  try {
    return fs.realpathSync(path.join(root, "node_modules", "layerbook")) === fs.realpathSync(root);
  } catch {
    return false;
  }
}
