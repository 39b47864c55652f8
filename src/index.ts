import { loadEngine } from "./engine/load";
import { registerCards } from "./viz/cards/registerCards";

export {
  LayerbookError,
  ShapeError,
  ConfigError,
  DataError,
  TraceError,
  SetupError,
} from "./core/errors";
export { loadEngine } from "./engine/load";
export type { EngineStatus } from "./engine/load";
export { createRandom } from "./core/random";
export * from "./core";
export * from "./engine";
export * from "./data";
export {
  clearOutput,
  createProgress,
  display,
  displayBundle,
  input,
  interruptRequested,
  registerDisplay,
  toMimeBundle,
  withInterruptible,
} from "./display";
export type {
  DisplayFormat,
  DisplayOptions,
  MimeBundle,
  Progress,
  ProgressOptions,
  ProgressOutcome,
  ProgressValues,
} from "./display";
export * from "./layers";
export * from "./models";
export * from "./experiments";
export * from "./viz";
export { readSafetensors, writeSafetensors } from "./core/weights/safetensors";
export { bytesSource } from "./core/weights/WeightTensor";
export type { ByteSource, WeightMap, WeightTensor } from "./core/weights/WeightTensor";
export { readKerasWeightsFile } from "./engine/weights/kerasWeightsFile";
export { readSafetensorsFile, writeSafetensorsFile } from "./engine/weights/safetensorsFile";

// Native TensorFlow where it is set up; tfjs' own backend where not, so that an import never fails.
loadEngine();
// Data sets, cases and results show themselves in notebooks.
registerCards();
export {
  LOSS_NAMES,
  crossEntropy,
  diceCrossEntropy,
  diceLoss,
  focalLoss,
  generalisedDiceLoss,
  lossByName,
  tverskyLoss,
} from "./losses";
export type {
  CommonLossOptions,
  CrossEntropyOptions,
  DiceCrossEntropyOptions,
  DiceLossOptions,
  FocalLossOptions,
  FromLogits,
  FromProbabilities,
  GeneralisedDiceLossOptions,
  LossName,
  NamedLossOptions,
  PredictionKind,
  RegionLossOptions,
  SegmentationLoss,
  TverskyLossOptions,
} from "./losses";
export {
  METRIC_NAMES,
  averageDirectedDistances,
  averageSymmetricSurfaceDistance,
  bootstrapInterval,
  caseMetrics,
  caseScores,
  classCounts,
  confusionMatrix,
  connectedComponents,
  dice,
  distanceTransform,
  hausdorff,
  holm,
  infNetCase,
  infNetProtocol,
  iou,
  lesionDetection,
  lungInvolvementPercent,
  mergeReliability,
  parseRecords,
  pixelAccuracy,
  precision,
  recall,
  relativeVolumeError,
  reliability,
  reportScores,
  serialiseRecords,
  specificity,
  spreadOf,
  sumConfusion,
  summarise,
  surfaceDice,
  surfaceDistances,
  surfelDistances,
  volumeMl,
  wilcoxonSignedRank,
} from "./metrics";
export type {
  BootstrapOptions,
  CaseOptions,
  CaseRecord,
  CaseScores,
  ClassCounts,
  ClassRecord,
  ClassSummary,
  ComponentOptions,
  Components,
  ConfusionMatrix,
  Connectivity,
  InfNetCase,
  InfNetScores,
  Interval,
  LabelGrid,
  LabelPlane,
  LabelVolume,
  LesionDetection,
  LesionOptions,
  LungInvolvement,
  MetricName,
  MetricValues,
  PooledValues,
  Reliability,
  ReliabilityBin,
  ReliabilityOptions,
  ReportClassScores,
  ReportScores,
  SpacingMm,
  Spread,
  Summary,
  SurfaceDistances,
  WilcoxonOptions,
  WilcoxonResult,
} from "./metrics";
