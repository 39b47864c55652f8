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
export { inferenceOptions } from "./evaluation/inferenceOptions";
export { evaluateModel, predictCases, scorePredictions } from "./evaluation/evaluateModel";
export type { Evaluation, PredictOptions } from "./evaluation/evaluateModel";
export type { TestTimeFlips } from "../web/meanProbabilities";
export { attentionMaps } from "./explain/attentionMaps";
export type {
  AttentionMapRecord,
  AttentionRecords,
  BucketMapRecord,
  GateMapRecord,
  Pixel,
} from "./explain/attentionMaps";
export { deletionTest } from "./explain/deletionTest";
export type {
  DeletionCurve,
  DeletionOptions,
  DeletionRecord,
  ImageScore,
} from "./explain/deletionTest";
export { exportWebModel } from "./export/exportWebModel";
export type { ExportWebOptions, ExportedWebModel } from "./export/exportWebModel";
export { explain } from "./explain/explain";
export type { ExplainOptions, Explanation, LayerDeletion } from "./explain/explain";
export { fit } from "./training/fit";
export type { BatchSource, Examples, FitData, LabelledTensors } from "./training/fitData";
export type { FitOptions, FitResult, LossConfig, ProgressFactory } from "./training/fitOptions";
export { labelAccuracy } from "./training/sampleMetrics";
export type { FitMetric, ScoredExample } from "./training/sampleMetrics";
export { leakStudy } from "./studies/leakStudy";
export type { LeakStudy, LeakStudyOptions } from "./studies/leakStudy";
export { leakBars, leakTable } from "./studies/views/leakTable";
export { planLeakStudy } from "./studies/planners/leakStudy";
export type { LeakPlan } from "./studies/planners/leakStudy";
export { kShot } from "./studies/kShot";
export type { KShotOptions, KShotStudy } from "./studies/kShot";
export { kShotScores } from "./studies/views/kShotScores";
export { planKShot } from "./studies/planners/kShot";
export type { KShotPlan } from "./studies/planners/kShot";
export { ablateModel } from "./studies/ablateModel";
export type { AblateOptions, Ablation } from "./studies/ablateModel";
export { conductStudy } from "./studies/conductStudy";
export type { StudyOptions } from "./studies/conductStudy";
export type { Executor, Submission, Ticket, TicketState } from "./studies/executors/Executor";
export type { FactorValue, Factors, Job, Leak } from "./studies/job";
export type { JobRecord } from "./studies/jobRecord";
export { ABLATION_FACTORS } from "./studies/ablationFactors";
export { planAblate } from "./studies/planners/ablate";
export type { AblatePlan } from "./studies/planners/ablate";
export type { CommonPlan } from "./studies/planners/foldBySeed";
export { planCompare } from "./studies/planners/compare";
export type { ComparePlan } from "./studies/planners/compare";
export { runPlannedJob, studyRecords } from "./studies/runPlannedJob";
export type { PlannedJobOptions } from "./studies/runPlannedJob";
export type { StudyResult } from "./studies/runStudy";
export type { Study } from "./studies/studyFolder";
export { predictFiles } from "./evaluation/predictFiles";
export type { PredictFilesOptions, PredictedFile } from "./evaluation/predictFiles";
export { PRESET_NAMES, presetConfig } from "./config/presets";
export type { PresetName } from "./config/presets";
export { QUICKSTART_MODELS, planQuickstart } from "./studies/planners/quickstart";
export {
  quickstart,
  quickstartReport,
  quickstartScores,
  quickstartTable,
} from "./studies/quickstart";
export type {
  Quickstart,
  QuickstartModel,
  QuickstartOptions,
  QuickstartReport,
  QuickstartScore,
} from "./studies/quickstart";
export { loadRun, readRunRecord, saveRun } from "./storage/runs";
export type { LoadRunOptions, Run, RunRecord, SaveRunOptions } from "./storage/runs";
export { learningRateAt } from "./training/schedule";
export type { Schedule, ScheduleTime } from "./training/schedule";
export { formatScore, summaryTable } from "./studies/scoreTable";
export { slidingWindowInference } from "./evaluation/slidingWindowInference";
export type { SlidingWindowOptions } from "./evaluation/slidingWindowInference";
export type { SliceWindows, WindowJoin } from "./evaluation/sliceWindows";
export {
  checkSplit,
  kFold,
  readSplits,
  selectById,
  splitByGroup,
  writeSplits,
} from "../data/splits";
export type { Split, Splittable } from "../data/splits";
export { splitNote } from "../data/splitNote";
export { fitSplit } from "./training/fitSplit";
export type { TrainingHooks } from "./training/fitSplit";
export { trainRun } from "./training/trainRun";
export type { TrainRunOptions, TrainedRun } from "./training/trainRun";
export type { TrainingConfig, TrainingOverrides } from "./config/trainingConfig";
export { tablesOf } from "./studies/views/paperTables";
export type { Tables } from "./studies/views/paperTables";
export { studyTable } from "./studies/views/studyTable";
export type {
  StudyTable,
  StudyTableOptions,
  TableRow,
  TableScore,
} from "./studies/views/studyTable";
export { readStudyTable, writeStudyTable } from "./studies/views/tableFile";
export {
  flatRows,
  tableArquero,
  tableCsv,
  tableLatex,
  tableMarkdown,
} from "./studies/views/tableText";
export { findLearningRate } from "./training/findLearningRate";
export type { FindLearningRateOptions, LearningRateTest } from "./training/findLearningRate";
export { pseudoLabels, selfTrain } from "./training/selfTraining";
export type {
  PseudoLabelOptions,
  SelfTrained,
  SelfTrainingData,
  SelfTrainingOptions,
} from "./training/selfTraining";
export { transferWeights } from "./training/transferWeights";
export type { WeightTransfer } from "./training/transferWeights";
export { trainingStep } from "./training/trainingStep";
export type { TrainingStep } from "./training/trainingStep";
export { deepEnsemble, monteCarloDropout } from "./uncertainty/predictUncertainty";
export type {
  DropoutOptions,
  EnsembleOptions,
  UncertaintyRecord,
} from "./uncertainty/predictUncertainty";
export type { InjectedDropout } from "./uncertainty/monteCarloDropout";
export { reviewCurve, reviewOrder, uncertaintyReliability } from "./uncertainty/reviewOrder";
export type {
  ReviewCurve,
  ReviewEntry,
  ReviewMeasure,
  ReviewOptions,
  ReviewRegion,
} from "./uncertainty/reviewOrder";
export { uncertaintyOf } from "./uncertainty/uncertaintyOf";
export type { UncertaintyValues } from "./uncertainty/uncertaintyOf";
export { mlflowTracker } from "./tracking/mlflow";
export type { MlflowOptions } from "./tracking/mlflow";
export { tensorboardTracker } from "./tracking/tensorboard";
export type { TrackedRun, Tracker } from "./tracking/Tracker";
export type { TrackingOptions } from "./tracking/trackersOf";
export type { MaskPlaces } from "./evaluation/maskFiles";
export type { ReadMaskOptions } from "./evaluation/readMasks";
export type { WebPreprocessing } from "../web/preprocessing";
