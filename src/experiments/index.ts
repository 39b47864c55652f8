export { buildModel } from "./training/buildModel";
export type { EpochRecord } from "./training/checkpoint";
export { compareModels } from "./studies/compareModels";
export type { CompareOptions, Comparison } from "./studies/compareModels";
export { PHANTOM, loadLabelledData } from "./training/dataSource";
export { duplicationSequences, duplicationTable, trainDuplication } from "./studies/duplication";
export type { Attending, DuplicationOptions, DuplicationResult } from "./studies/duplication";
export type { TrainingCallback, TrainingEvent, TrainingPlan } from "./training/events";
export { evaluateFiles } from "./evaluation/evaluateFiles";
export type { EvaluateFilesOptions } from "./evaluation/evaluateFiles";
export { evaluateModel, predictCases, scorePredictions } from "./evaluation/evaluateModel";
export type { Evaluation, PredictOptions } from "./evaluation/evaluateModel";
export { fit } from "./training/fit";
export type { BatchSource, Examples, FitData, LabelledTensors } from "./training/fitData";
export type { FitOptions, FitResult, LossConfig, ProgressFactory } from "./training/fitOptions";
export { labelAccuracy } from "./training/sampleMetrics";
export type { FitMetric, ScoredExample } from "./training/sampleMetrics";
export type { FoldRecord } from "./studies/foldRecord";
export { predictFiles } from "./evaluation/predictFiles";
export type { PredictFilesOptions, PredictedFile } from "./evaluation/predictFiles";
export { PRESET_NAMES, presetConfig } from "./config/presets";
export type { PresetName } from "./config/presets";
export {
  QUICKSTART_MODELS,
  quickstart,
  quickstartReport,
  quickstartScores,
} from "./studies/quickstart";
export type {
  Quickstart,
  QuickstartModel,
  QuickstartOptions,
  QuickstartReport,
  QuickstartScore,
} from "./studies/quickstart";
export { loadRun, readRunRecord, saveRun } from "./storage/runs";
export type { Run, RunRecord, SaveRunOptions } from "./storage/runs";
export { learningRateAt } from "./training/schedule";
export type { Schedule, ScheduleTime } from "./training/schedule";
export { formatScore, summaryTable } from "./studies/scoreTable";
export { slidingWindowInference } from "./evaluation/slidingWindowInference";
export type { SlidingWindowOptions } from "./evaluation/slidingWindowInference";
export {
  checkSplit,
  kFold,
  readSplits,
  selectById,
  splitByGroup,
  writeSplits,
} from "../data/splits";
export type { Split, Splittable } from "../data/splits";
export { fitSplit } from "./training/fitSplit";
export type { TrainingHooks } from "./training/fitSplit";
export { trainRun } from "./training/trainRun";
export type { TrainRunOptions, TrainedRun } from "./training/trainRun";
export type { TrainingConfig, TrainingOverrides } from "./config/trainingConfig";
export { tableCsv, tableMarkdown, tablesOf } from "./studies/tables";
export type { TableRow, Tables } from "./studies/tables";
