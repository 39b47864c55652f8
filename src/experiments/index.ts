// Every public name, one line per module.
export { buildModel } from "./training/buildModel";
export type { EpochRecord } from "./training/checkpoint";
export { compareModels, type CompareOptions, type Comparison } from "./studies/compareModels";
export { PHANTOM, loadLabelledData } from "./training/dataSource";
export {
  duplicationSequences,
  duplicationTable,
  trainDuplication,
  type Attending,
  type DuplicationOptions,
  type DuplicationResult,
} from "./studies/duplication";
export type { TrainingCallback, TrainingEvent, TrainingPlan } from "./training/events";
export { evaluateFiles, type EvaluateFilesOptions } from "./evaluation/evaluateFiles";
export { inferenceOptions } from "./evaluation/inferenceOptions";
export {
  evaluateModel,
  predictCases,
  scorePredictions,
  type Evaluation,
  type PredictOptions,
} from "./evaluation/evaluateModel";
export type { TestTimeFlips } from "../web/meanProbabilities";
export {
  attentionMaps,
  type AttentionMapRecord,
  type AttentionRecords,
  type BucketMapRecord,
  type GateMapRecord,
  type Pixel,
} from "./explain/attentionMaps";
export {
  deletionTest,
  type DeletionCurve,
  type DeletionOptions,
  type DeletionRecord,
  type ImageScore,
} from "./explain/deletionTest";
export {
  exportWebModel,
  type ExportWebOptions,
  type ExportedWebModel,
} from "./export/exportWebModel";
export {
  explain,
  type ExplainOptions,
  type Explanation,
  type LayerDeletion,
} from "./explain/explain";
export { fit } from "./training/fit";
export type { BatchSource, Examples, FitData, LabelledTensors } from "./training/fitData";
export type { FitOptions, FitResult, LossConfig, ProgressFactory } from "./training/fitOptions";
export { labelAccuracy, type FitMetric, type ScoredExample } from "./training/sampleMetrics";
export { leakStudy, type LeakStudy, type LeakStudyOptions } from "./studies/leakStudy";
export { leakBars, leakTable } from "./studies/views/leakTable";
export { planLeakStudy, type LeakPlan } from "./studies/planners/leakStudy";
export { kShot, type KShotOptions, type KShotStudy } from "./studies/kShot";
export { kShotScores } from "./studies/views/kShotScores";
export { planKShot, type KShotPlan } from "./studies/planners/kShot";
export { ablateModel, type AblateOptions, type Ablation } from "./studies/ablateModel";
export { conductStudy, type StudyOptions } from "./studies/conductStudy";
export type { Executor, Submission, Ticket, TicketState } from "./studies/executors/Executor";
export type { FactorValue, Factors, Job, Leak } from "./studies/job";
export type { JobRecord } from "./studies/jobRecord";
export { ABLATION_FACTORS } from "./studies/ablationFactors";
export { planAblate, type AblatePlan } from "./studies/planners/ablate";
export type { CommonPlan } from "./studies/planners/foldBySeed";
export { planCompare, type ComparePlan } from "./studies/planners/compare";
export { runPlannedJob, studyRecords, type PlannedJobOptions } from "./studies/runPlannedJob";
export type { StudyResult } from "./studies/runStudy";
export type { Study } from "./studies/studyFolder";
export {
  predictFiles,
  type PredictFilesOptions,
  type PredictedFile,
} from "./evaluation/predictFiles";
export { PRESET_NAMES, presetConfig, type PresetName } from "./config/presets";
export { QUICKSTART_MODELS, planQuickstart } from "./studies/planners/quickstart";
export {
  quickstart,
  quickstartReport,
  quickstartScores,
  quickstartTable,
  type Quickstart,
  type QuickstartModel,
  type QuickstartOptions,
  type QuickstartReport,
  type QuickstartScore,
} from "./studies/quickstart";
export {
  loadRun,
  readRunRecord,
  saveRun,
  type LoadRunOptions,
  type Run,
  type RunRecord,
  type SaveRunOptions,
} from "./storage/runs";
export { learningRateAt, type Schedule, type ScheduleTime } from "./training/schedule";
export { formatScore, summaryTable } from "./studies/scoreTable";
export {
  slidingWindowInference,
  type SlidingWindowOptions,
} from "./evaluation/slidingWindowInference";
export type { SliceWindows, WindowJoin } from "./evaluation/sliceWindows";
export {
  checkSplit,
  kFold,
  readSplits,
  selectById,
  splitByGroup,
  writeSplits,
  type Split,
  type Splittable,
} from "../data/splits";
export { splitNote } from "../data/splitNote";
export { fitSplit, type TrainingHooks } from "./training/fitSplit";
export { trainRun, type TrainRunOptions, type TrainedRun } from "./training/trainRun";
export type { TrainingConfig, TrainingOverrides } from "./config/trainingConfig";
export { tablesOf, type Tables } from "./studies/views/paperTables";
export {
  studyTable,
  type StudyTable,
  type StudyTableOptions,
  type TableRow,
  type TableScore,
} from "./studies/views/studyTable";
export { readStudyTable, writeStudyTable } from "./studies/views/tableFile";
export {
  flatRows,
  tableArquero,
  tableCsv,
  tableLatex,
  tableMarkdown,
} from "./studies/views/tableText";
export {
  findLearningRate,
  type FindLearningRateOptions,
  type LearningRateTest,
} from "./training/findLearningRate";
export {
  pseudoLabels,
  selfTrain,
  type PseudoLabelOptions,
  type SelfTrained,
  type SelfTrainingData,
  type SelfTrainingOptions,
} from "./training/selfTraining";
export { transferWeights, type WeightTransfer } from "./training/transferWeights";
export { trainingStep, type TrainingStep } from "./training/trainingStep";
export {
  deepEnsemble,
  monteCarloDropout,
  type DropoutOptions,
  type EnsembleOptions,
  type UncertaintyRecord,
} from "./uncertainty/predictUncertainty";
export type { InjectedDropout } from "./uncertainty/monteCarloDropout";
export {
  reviewCurve,
  reviewOrder,
  uncertaintyReliability,
  type ReviewCurve,
  type ReviewEntry,
  type ReviewMeasure,
  type ReviewOptions,
  type ReviewRegion,
} from "./uncertainty/reviewOrder";
export { uncertaintyOf, type UncertaintyValues } from "./uncertainty/uncertaintyOf";
export { mlflowTracker, type MlflowOptions } from "./tracking/mlflow";
export { tensorboardTracker } from "./tracking/tensorboard";
export type { TrackedRun, Tracker } from "./tracking/Tracker";
export type { TrackingOptions } from "./tracking/trackersOf";
export type { MaskPlaces } from "./evaluation/maskFiles";
export type { ReadMaskOptions } from "./evaluation/readMasks";
export type { WebPreprocessing } from "../web/preprocessing";
