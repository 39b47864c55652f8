/**
 * The library functions that the commands use. Imported when a command runs, not when the program
 * starts, so that `--help` and `doctor` need no TensorFlow.
 */
export { resizeCeiling, writePhantom } from "../data";
export { exportSavedModel } from "../engine";
export * from "../experiments";
export { PHANTOM } from "../experiments/training/dataSource";
export { ownSplit } from "../experiments/training/ownSplit";
export { quickstart, quickstartReport } from "../experiments/studies/quickstart";
export { readStudy } from "../experiments/studies/studyFolder";
export { studyTables } from "../experiments/studies/views/studyTables";
export { onlyModel } from "../experiments/storage/runs";
export { differingSettings, listRuns, pruneRuns } from "../experiments/storage/listRuns";
export { estimateSeconds, stepCosts } from "../experiments/studies/cost";
export { localExecutor } from "../experiments/studies/executors/local";
export { rayExecutor } from "../experiments/studies/executors/ray";
export { slurmExecutor } from "../experiments/studies/executors/slurm";
export { jobAt } from "../experiments/studies/runPlannedJob";
export { summaryScores, trackedSettings, trackersOf } from "../experiments/tracking/trackersOf";
