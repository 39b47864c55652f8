// @ts-check
import fs from "node:fs";
import path from "node:path";
import { SetupFailure } from "./failure.mjs";

/** @type {import("./context.mjs").Step<{folder: string}>} */
export const kernelStep = {
  name: "kernel",
  title: "Jupyter kernel",
  inputs: ({ packageRoot, results }) => [
    ...[process.execPath, packageRoot, results.python.prefix, results.python.made],
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
        `Is it writable? All that was said is in ${report.log}.`,
        report.errors,
      );
    }
    return { folder };
  },
  describe: ({ folder }) => folder,
};
