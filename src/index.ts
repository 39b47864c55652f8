export {
  LayerbookError,
  ShapeError,
  ConfigError,
  DataError,
  TraceError,
  SetupError,
} from "./core/errors";
export { createRandom } from "./core/random";
export { clearOutput, display, displayBundle, toMimeBundle } from "./display/display";
export type { DisplayOptions, MimeBundle } from "./display/display";
export { interruptRequested, withInterruptible } from "./display/interrupt";
export { createProgress } from "./display/progress";
export type { Progress, ProgressOptions, ProgressValues } from "./display/progress";
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
export type { LossName, PredictionKind, SegmentationLoss } from "./losses";
