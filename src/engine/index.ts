export { loadEngine, type EngineStatus } from "./load";
export {
  exportSavedModel,
  type ExportOptions,
  type ServedTensor,
  type ServingSignature,
} from "./exportSavedModel";
export type { TensorValues } from "./binding";
export type {
  AttrValue,
  Attrs,
  ConstantValue,
  Graph,
  GraphNode,
  OutputRef,
  RecordedFunction,
  TensorType,
} from "./graph";
export { createPredictor, type Predictor, type PredictorOptions } from "./predictor";
export {
  compile,
  createProgram,
  type AnyFunction,
  type CapturedPolicy,
  type CompileOptions,
  type Compiled,
  type CompiledMethods,
  type IsAsync,
  type Program,
  type ProgramOptions,
  type Synchronous,
} from "./program";
export { type Precision } from "./dtypes";
export { EngineError } from "./session";
export { readKerasWeightsFile } from "./weights/kerasWeightsFile";
export { readSafetensorsFile, writeSafetensorsFile } from "./weights/safetensorsFile";
export { readTorchWeightsFile, type TorchWeightsOptions } from "./weights/torchWeightsFile";
