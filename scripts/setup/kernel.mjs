// @ts-check
import fs from "node:fs";
import path from "node:path";
import { SetupFailure } from "./failure.mjs";
import { hashFiles } from "./stamps.mjs";

/** The declarations that type a notebook's names. */
const declarations = ["index.d.ts", "node.d.ts", "viz.d.ts", "web.d.ts", "notebook.d.ts"];

/**
 * TypeScript's version: the snapshot contains all of TypeScript.
 *
 * @param {readonly string[]} roots
 */
function typescriptVersion(roots) {
  for (const root of roots) {
    const file = path.join(root, "node_modules", "typescript", "package.json");
    if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, "utf8")).version;
  }
  return null;
}

/** @type {import("./context.mjs").Step<{folder: string}>} */
export const kernelStep = {
  name: "kernel",
  title: "Jupyter kernel",
  inputs: ({ packageRoot, engineFolder, results }) => [
    ...[process.execPath, packageRoot, results.python.prefix, results.python.made],
    // The start-up snapshot depends on this Node and these declarations.
    ...[process.version, typescriptVersion([packageRoot, engineFolder])],
    hashFiles(path.join(packageRoot, "dist"), [...declarations, "kernelSnapshot.js"]),
  ],
  isWhole: (_context, { folder }) => fs.existsSync(path.join(folder, "kernel.json")),
  async run(context) {
    const { packageRoot, results } = context;
    const cli = path.join(packageRoot, "dist", "cli.js");
    const { prefix } = results.python;
    const report = await context.runLogged(
      "kernel",
      process.execPath,
      [cli, "kernel", "install", "--sys-prefix"],
      { LAYERBOOK_PYTHON: results.python.executable },
    );
    const folder = path.join(prefix, "share", "jupyter", "kernels", "layerbook");
    if (!report.ok || !fs.existsSync(path.join(folder, "kernel.json"))) {
      throw new SetupFailure(
        `the kernel could not be installed into ${folder}`,
        `Is it writable? The full output is in ${report.log}.`,
        report.errors,
      );
    }
    return { folder };
  },
  describe: ({ folder }) => folder,
};
