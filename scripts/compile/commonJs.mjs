// @ts-check
import fs from "node:fs";
import path from "node:path";
import * as esbuild from "esbuild";
import { bundledPackages, libraries, programs } from "./entries.mjs";

/**
 * CommonJS for Node. Code shared by several entry points is in separate files, so that an error or a
 * layer is the same class whichever entry point it was imported from. esbuild splits ES modules only, so
 * each file is converted to CommonJS afterwards.
 *
 * @param {string} root
 * @param {string} out
 * @returns {Promise<string[]>} the files of node_modules that were bundled
 */
export async function compileCommonJs(root, out) {
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: { ...libraries, ...programs },
    outdir: out,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    chunkNames: "shared/[name]-[hash]",
    plugins: [externalisePackages(bundledPackages)],
    write: false,
    metafile: true,
    logLevel: "error",
  });
  for (const { path: file, text } of outputFiles) {
    const { code } = await esbuild.transform(text, {
      format: "cjs",
      platform: "node",
      target: "node20",
      loader: "js",
    });
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, code);
  }
  fs.chmodSync(path.join(out, "cli.js"), 0o755);
  return Object.keys(metafile.inputs).filter((file) => file.startsWith("node_modules/"));
}

/**
 * @param {readonly string[]} taken packages that are bundled anyway
 * @returns {esbuild.Plugin}
 */
export function externalisePackages(taken) {
  return {
    name: "packages-stay-outside",
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, ({ path: name, importer }) => {
        // The imports of a bundled package are bundled too.
        if (importer.includes("node_modules")) return null;
        const isTaken = taken.some((each) => name === each || name.startsWith(`${each}/`));
        return isTaken || path.isAbsolute(name) ? null : { path: name, external: true };
      });
    },
  };
}
