// @ts-check
// `node scripts/quickstartFigure.mjs` makes docs/quickstart.svg, the figure at the head of README.md: three held-out slices of
// the phantom with both models of `npm run demo`, which it trains where they are not trained yet (minutes).
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/** @type {typeof import("../src/notebook")} */
const layerbook = await import(pathToFileURL(path.join(root, "dist", "notebook.mjs")).href);

const { dataset, testCases, models } = await layerbook.quickstart({
  folder: path.join(root, "runs", "demo"),
  source: "phantom",
  config: layerbook.presetConfig("demo"),
});
const { classNames } = dataset;
const figure = layerbook.comparePredictions(testCases, models, { classNames, order: "classes" });
if (figure.svg === undefined)
  throw new Error("comparePredictions made a figure without a picture.");
const target = path.join(root, "docs", "quickstart.svg");
fs.writeFileSync(target, `${figure.svg}\n`);
console.log(target);
