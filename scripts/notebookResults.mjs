// @ts-check
// `node scripts/notebookResults.mjs NAME` writes notebooks/results/NAME.json: the results of a notebook's full
// run, shown next to those of its short one. An interrupted study resumes; a completed one is read.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { accuracyTable } from "./results/accuracyTable.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const runs = path.join(root, "runs", "notebook-results");

/** @type {typeof import("../src/notebook")} */
const layerbook = await import(pathToFileURL(path.join(root, "dist", "notebook.mjs")).href);
const { presetConfig } = layerbook;

/** Preset smoke, trained long enough to learn something: minutes instead of seconds. */
const phantom = { count: 60, size: 128 };

/** @type {Readonly<Record<string, () => Promise<import("../src/experiments").StudyTable>>>} */
const studies = {
  // Uses the runs of `npm run demo`, and trains those that are missing.
  quickstart: async () => {
    const folder = path.join(root, "runs", "demo");
    return layerbook.quickstartTable(
      await layerbook.quickstart({ folder, source: "phantom", config: presetConfig("demo") }),
    );
  },
  ablation: async () => {
    // At preset smoke's size (eight channels, one path each) the paper's modules are too small to compare.
    const config = presetConfig("quick", {
      ...{ folds: 2, precision: "bfloat16", phantom: { count: 60 } },
    });
    const out = path.join(runs, "ablation");
    return (await layerbook.ablateModel({ factors: { part: ["M-A", "M-R"] }, config, out })).table;
  },
  "leak-study": async () => {
    const config = presetConfig("smoke", { folds: 2, epochs: 24 });
    const dataset = phantomPatients();
    const out = path.join(runs, "leak-study");
    const source = "phantom patients";
    return (await layerbook.leakStudy({ model: "unet", config, dataset, source, out })).table;
  },
  "k-shot": async () => {
    const config = presetConfig("smoke", { epochs: 48, pretraining: { epochs: 48 }, phantom });
    const out = path.join(runs, "k-shot");
    const shots = [1, 5, 10, 25];
    return (await layerbook.kShot({ model: "unet", shots, config, source: "phantom", out })).table;
  },
};

/** The eight patients of notebook 07, four adjacent slices each. */
function phantomPatients() {
  const { CLASS_NAMES, makePhantom, sliceVolume } = layerbook;
  const cases = Array.from({ length: 8 }, (_, index) => {
    const { image, mask } = makePhantom({ count: 24, size: 96, seed: index + 1, kind: "volume" });
    const group = `patient-${index + 1}`;
    return sliceVolume(image, mask, { name: group, group }).cases.slice(9, 13);
  }).flat();
  return { name: "patients", classNames: CLASS_NAMES, cases, grid: null };
}

/** @param {string} name */
async function tableOf(name) {
  if (name === "accuracy") {
    const record = path.join(root, "bench", "results", "accuracy.json");
    return accuracyTable(JSON.parse(fs.readFileSync(record, "utf8")), layerbook);
  }
  const git = ["rev-parse", "--short", "HEAD"];
  const commit = execFileSync("git", git, { cwd: root, encoding: "utf8" }).trim();
  const [{ model }] = os.cpus();
  const madeBy = `\`node scripts/notebookResults.mjs ${name}\` at commit ${commit} (${model.trim()}, ${os.cpus().length} cores).`;
  return { ...(await studies[name]()), madeBy };
}

const names = ["accuracy", ...Object.keys(studies)];
const [name = ""] = process.argv.slice(2);
if (names.includes(name)) {
  const target = path.join(root, "notebooks", "results", `${name}.json`);
  await layerbook.writeStudyTable(target, await tableOf(name));
  console.log(path.relative(root, target));
} else {
  console.error(`notebookResults: expected one of ${names.join(", ")}, got ${name || "nothing"}`);
  process.exitCode = 2;
}
