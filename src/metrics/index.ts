export { METRIC_NAMES, caseMetrics, caseScores } from "./caseMetrics";
export type {
  CaseOptions,
  CaseRecord,
  CaseScores,
  ClassRecord,
  LungInvolvement,
  MetricName,
  MetricValues,
} from "./caseMetrics";
export { classCounts, confusionMatrix, pixelAccuracy, sumConfusion } from "./confusion";
export type { ClassCounts, ConfusionMatrix } from "./confusion";
export { distanceTransform } from "./distanceTransform";
export type { LabelData, LabelGrid, LabelPlane, LabelVolume, SpacingMm } from "./grid";
export { dice, iou, precision, recall, relativeVolumeError, specificity } from "./overlap";
export { reportScores } from "./reportScores";
export type { ReportClassScores, ReportScores } from "./reportScores";
export { bootstrapInterval } from "./statistics/bootstrap";
export type { BootstrapOptions, Interval } from "./statistics/bootstrap";
export { holm } from "./statistics/holm";
export { wilcoxonSignedRank } from "./statistics/wilcoxon";
export type { WilcoxonOptions, WilcoxonResult } from "./statistics/wilcoxon";
export { spreadOf, summarise } from "./summarise";
export type { ClassSummary, PooledValues, Spread, Summary } from "./summarise";
export {
  averageDirectedDistances,
  averageSymmetricSurfaceDistance,
  hausdorff,
  surfaceDice,
  surfaceDistances,
} from "./surfaceDistances";
export type { SurfaceDistances } from "./surfaceDistances";
export { surfelDistances } from "./surfelDistances";
export { connectedComponents } from "./connectedComponents";
export type { ComponentOptions, Components, Connectivity } from "./connectedComponents";
export { lesionDetection } from "./lesionDetection";
export type { LesionDetection, LesionOptions } from "./lesionDetection";
export { mergeReliability, reliability } from "./calibration";
export type { Reliability, ReliabilityBin, ReliabilityOptions } from "./calibration";
export { infNetCase, infNetProtocol } from "./infNetProtocol";
export type { InfNetCase, InfNetScores } from "./infNetProtocol";
export { parseRecords, serialiseRecords } from "./recordsJson";
export { lungInvolvementPercent, volumeMl } from "./volumes";
