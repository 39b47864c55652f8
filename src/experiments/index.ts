export { buildModel } from "./buildModel";
export type { EpochRecord } from "./checkpoint";
export { compareModels } from "./compareModels";
export type { CompareOptions, Comparison } from "./compareModels";
export { PHANTOM, loadLabelledData } from "./dataSource";
export { duplicationSequences, duplicationTable, trainDuplication } from "./duplication";
export type { Attending, DuplicationOptions, DuplicationResult } from "./duplication";
export { evaluateFiles } from "./evaluateFiles";
export type { EvaluateFilesOptions } from "./evaluateFiles";
export { evaluateModel, predictCases, scorePredictions } from "./evaluateModel";
export type { Evaluation, PredictOptions } from "./evaluateModel";
export { fit } from "./fit";
export type { FitData, FitOptions, FitResult } from "./fitOptions";
export type { FoldRecord } from "./foldRecord";
export { predictFiles } from "./predictFiles";
export type { PredictFilesOptions, PredictedFile } from "./predictFiles";
export { PRESET_NAMES, presetConfig } from "./presets";
export type { PresetName, TrainingOverrides } from "./presets";
export { QUICKSTART_MODELS, quickstart, quickstartReport, quickstartScores } from "./quickstart";
export type {
  Quickstart,
  QuickstartModel,
  QuickstartOptions,
  QuickstartReport,
  QuickstartScore,
} from "./quickstart";
export { loadRun, readRunRecord, saveRun } from "./runs";
export type { Run, RunRecord, SaveRunOptions } from "./runs";
export { learningRateAt } from "./schedule";
export type { Schedule, ScheduleTime } from "./schedule";
export { formatScore, summaryTable } from "./scoreTable";
export { slidingWindowInference } from "./slidingWindowInference";
export type { SlidingWindowOptions } from "./slidingWindowInference";
export { checkSplit, kFold, readSplits, selectById, splitByGroup, writeSplits } from "./splits";
export type { Split, Splittable } from "./splits";
export { fitSplit, trainRun } from "./trainRun";
export type { TrainRunOptions, TrainedRun, TrainingHooks } from "./trainRun";
export type { TrainingConfig } from "./trainingConfig";
export { tableCsv, tableMarkdown, tablesOf } from "./tables";
export type { TableRow, Tables } from "./tables";
