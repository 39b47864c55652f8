// @ts-check
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { SetupFailure } from "./failure.mjs";
import { audible, findNpm, npmFailure } from "./npm.mjs";
import { writeWhole } from "./stamps.mjs";

/**
 * Packages that the engine, kernel and readers need besides layerbook itself. A project that only imports
 * layers must not download these, so they are not dependencies; the versions are those that we test with.
 */
const parts = [
  ...["@tensorflow/tfjs-node-gpu", "node-api-headers"],
  ...["tslab", "typescript", "zeromq", "@types/node"],
  ...["arquero", "plotly.js-dist-min", "reveal.js"],
  ...["@cornerstonejs/codec-charls", "@cornerstonejs/codec-openjpeg", "jpeg-lossless-decoder-js"],
  ...["h5wasm", "sharp"],
];

/** Imports a package relative to its own folder; see src/files/packages.ts. */
const importer = "export const load = (name) => import(name);\n";

/** @param {string} packageRoot */
function pinned(packageRoot) {
  const { devDependencies } = JSON.parse(
    fs.readFileSync(path.join(packageRoot, "package.json"), "utf8"),
  );
  return parts.map((name) => ({ name, version: String(devDependencies[name]) }));
}

/**
 * Installs these packages into the project's `.engine` folder, where `npm ci` does not delete them. Their
 * install scripts are never run: tfjs-node-gpu's would download a TensorFlow of 2022.
 *
 * @type {import("./context.mjs").Step<null>}
 */
export const partsStep = {
  name: "parts",
  title: "Node packages of engine and kernel",
  inputs: ({ packageRoot }) => pinned(packageRoot),
  isWhole: ({ engineFolder, packageRoot }) =>
    pinned(packageRoot).every(({ name, version }) => {
      const file = path.join(engineFolder, "node_modules", name, "package.json");
      return fs.existsSync(file) && JSON.parse(fs.readFileSync(file, "utf8")).version === version;
    }),
  async run(context) {
    const { engineFolder, packageRoot, root, env } = context;
    requireTfjs(root);
    writeWhole(path.join(engineFolder, "package.json"), '{ "private": true }\n');
    writeWhole(path.join(engineFolder, "import.mjs"), importer);
    const npm = findNpm(env);
    const report = await context.runLogged("parts", npm[0], [
      ...npm.slice(1),
      ...[
        "install",
        "--prefix",
        engineFolder,
        "--ignore-scripts",
        "--no-save",
        "--no-package-lock",
      ],
      ...["--no-audit", "--no-fund", ...audible, "--prefer-offline", "--legacy-peer-deps"],
      ...["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=10000"],
      ...pinned(packageRoot).map(({ name, version }) => `${name}@${version}`),
    ]);
    if (!report.ok) throw npmFailure(report);
    leaveOneTfjs(engineFolder);
    return null;
  },
};

/**
 * tfjs-node-gpu installs its own copy of tfjs. The project's must be the only one, since tensors and
 * layers of two copies are incompatible.
 *
 * @param {string} engineFolder
 */
function leaveOneTfjs(engineFolder) {
  const folder = path.join(engineFolder, "node_modules", "@tensorflow");
  for (const name of fs.readdirSync(folder)) {
    if (name !== "tfjs-node-gpu") fs.rmSync(path.join(folder, name), { recursive: true });
  }
}

/** @param {string} root */
function requireTfjs(root) {
  try {
    createRequire(path.join(root, "package.json")).resolve("@tensorflow/tfjs");
  } catch {
    throw new SetupFailure(
      "the project has no @tensorflow/tfjs",
      "Run `npm install @tensorflow/tfjs@4.22.0` in it, then set-up again.",
    );
  }
}
