export {
  METRIC_NAMES,
  caseMetrics,
  caseScores,
  type CaseOptions,
  type CaseRecord,
  type CaseScores,
  type ClassRecord,
  type LungInvolvement,
  type MetricName,
  type MetricValues,
} from "./caseMetrics";
export {
  classCounts,
  confusionMatrix,
  pixelAccuracy,
  sumConfusion,
  type ClassCounts,
  type ConfusionMatrix,
} from "./confusion";
export { distanceTransform } from "./distanceTransform";
export type { LabelData, LabelGrid, LabelPlane, LabelVolume, SpacingMm } from "./grid";
export { dice, iou, precision, recall, relativeVolumeError, specificity } from "./overlap";
export {
  reportScores,
  type ReportCaseScores,
  type ReportClassScores,
  type ReportScores,
} from "./reportScores";
export { bootstrapInterval, type BootstrapOptions, type Interval } from "./statistics/bootstrap";
export { holm } from "./statistics/holm";
export {
  wilcoxonSignedRank,
  type WilcoxonOptions,
  type WilcoxonResult,
} from "./statistics/wilcoxon";
export {
  spreadOf,
  summarise,
  type ClassSummary,
  type PooledValues,
  type Spread,
  type Summary,
} from "./summarise";
export {
  averageDirectedDistances,
  averageSymmetricSurfaceDistance,
  hausdorff,
  surfaceDice,
  surfaceDistances,
  type SurfaceDistances,
} from "./surfaceDistances";
export { surfelDistances } from "./surfelDistances";
export {
  connectedComponents,
  type ComponentOptions,
  type Components,
  type Connectivity,
} from "./connectedComponents";
export { lesionDetection, type LesionDetection, type LesionOptions } from "./lesionDetection";
export {
  mergeReliability,
  reliability,
  type Reliability,
  type ReliabilityBin,
  type ReliabilityOptions,
} from "./calibration";
export { infNetCase, infNetProtocol, type InfNetCase, type InfNetScores } from "./infNetProtocol";
export { parseRecords, serialiseRecords } from "./recordsJson";
export { lungInvolvementPercent, volumeMl } from "./volumes";
