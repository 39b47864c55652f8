// @ts-check

/**
 * The entry points of the package: the name of each file in dist/ and its source. The `exports` of
 * package.json refer to the same files.
 *
 * @type {Readonly<Record<string, string>>}
 */
export const libraries = {
  index: "src/index.ts",
  node: "src/node.ts",
  viz: "src/viz/index.ts",
  web: "src/web/index.ts",
  notebook: "src/notebook.ts",
  kernelApi: "src/kernel/index.ts",
};

/** The entry points that do not need Node; bundlers for the browser import them as ES modules. */
export const browserLibraries = ["index", "viz", "web"];

/**
 * Scripts that are run rather than imported.
 *
 * @type {Readonly<Record<string, string>>}
 */
export const programs = {
  cli: "src/cli/main.ts",
  kernel: "src/kernel/main.ts",
  kernelSession: "src/kernel/session/start.ts",
  kernelSnapshot: "src/kernel/snapshot/prepare.ts",
  kernelCommands: "src/kernel/session/startCommandReader.ts",
};

/**
 * Packages that are bundled into our files: some are ES modules only, which CommonJS cannot
 * require, some are hundreds of small files, and none should be a dependency of our users.
 */
export const bundledPackages = [
  "cli-progress",
  "commander",
  "fast-png",
  "fflate",
  "nifti-reader-js",
  "zod",
];
