import "./ops/savedOutputs";
export {
  LayerbookError,
  ShapeError,
  ConfigError,
  DataError,
  NumericsError,
  TraceError,
  SetupError,
} from "./errors";
export type { ErrorDetails } from "./errors";
export { createRandom } from "./random";
export type { Random, RandomState } from "./random";
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
} from "./optimizers";
export type {
  AdagradOptions,
  AdamOptions,
  AdamWOptions,
  LionOptions,
  OptimizerConfig,
  OptimizerOptions,
  OptimizerSlot,
  ParameterGroup,
  RMSpropOptions,
  SGDOptions,
} from "./optimizers";
export { listOps, withCompositeOps } from "./ops/registry";
export type { OpListing } from "./ops/registry";
export { SeedGenerator, seedInitializer } from "./seedGenerator";
export { conv2dTranspose } from "./ops/conv2dTranspose";
export { conv3dTranspose } from "./ops/conv3dTranspose";
export { groupedConv3d } from "./ops/groupedConv3d";
export type { Window3d } from "./ops/groupedConv3d";
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
export { bytesSource } from "./weights/WeightTensor";
export type { ByteSource, WeightMap, WeightTensor } from "./weights/WeightTensor";
export type { Padding2d } from "./ops/groupedConv2d";
export type { ReadWriteWeight } from "./seedGenerator";
