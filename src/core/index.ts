import "./ops/maskedBidirectional";
import "./ops/savedIntermediates";
import "./ops/savedOutputs";
export {
  LayerbookError,
  ShapeError,
  ConfigError,
  DataError,
  NumericsError,
  TraceError,
  SetupError,
  BackendError,
  type ErrorDetails,
} from "./errors";
export { createRandom, type Random, type RandomState } from "./random";
export {
  Adagrad,
  Adam,
  AdamW,
  createOptimizer,
  globalNorm,
  Lion,
  Optimizer,
  RMSprop,
  SGD,
  type AdagradOptions,
  type AdamOptions,
  type AdamWOptions,
  type LionOptions,
  type OptimizerConfig,
  type OptimizerOptions,
  type OptimizerSlot,
  type ParameterGroup,
  type RMSpropOptions,
  type SGDOptions,
} from "./optimizers";
export { listOps, withCompositeOps, type OpListing } from "./ops/registry";
export { SeedGenerator, seedInitializer, type ReadWriteWeight } from "./seedGenerator";
export { conv2dTranspose } from "./ops/conv2dTranspose";
export { conv3dTranspose } from "./ops/conv3dTranspose";
export { groupedConv3d, type Window3d } from "./ops/groupedConv3d";
export { checkNumerics } from "./ops/checkNumerics";
export { print } from "./ops/print";
export { relu } from "./ops/relu";
export { resizeBilinear } from "./ops/resizeBilinear";
export { sparseSoftmaxCrossEntropy } from "./ops/sparseSoftmaxCrossEntropy";
export { statelessDropout, statelessNormal, statelessUniform } from "./ops/statelessRandom";
export { einsum } from "./ops/einsum";
export { gatherRows, permuteRows } from "./ops/gatherRows";
export { argsortRows, invertPermutation } from "./ops/argsort";
export { readSafetensors, writeSafetensors } from "./weights/safetensors";
export {
  bytesSource,
  type ByteSource,
  type WeightMap,
  type WeightTensor,
} from "./weights/WeightTensor";
export type { Padding2d } from "./ops/groupedConv2d";
