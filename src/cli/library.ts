import { loadEngine } from "../engine/load";

/**
 * What the commands do their work with. It is imported when a command runs, not when the program
 * starts, so that `--help` and `doctor` need no TensorFlow.
 */
const { problem } = loadEngine();
if (problem !== null) {
  process.stderr.write(
    `Native TensorFlow did not load (${problem}); JavaScript runs instead, many times slower. ` +
      "npx layerbook doctor says how to mend it.\n",
  );
}

export { resizeCeiling } from "../data";
export * from "../experiments";
export { PHANTOM } from "../experiments/dataSource";
export { quickstart, quickstartReport } from "../experiments/quickstart";
export { writeJsonWhole } from "../experiments/wholeFile";
