export { loadEngine } from "./load";
export type { EngineStatus } from "./load";
export { exportSavedModel } from "./exportSavedModel";
export type { ExportOptions, ServedTensor, ServingSignature } from "./exportSavedModel";
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
export { createPredictor } from "./predictor";
export type { Predictor, PredictorOptions } from "./predictor";
export { compile, createProgram } from "./program";
export type {
  AnyFunction,
  CapturedPolicy,
  CompileOptions,
  Compiled,
  CompiledMethods,
  Precision,
  Program,
  ProgramOptions,
  Synchronous,
} from "./program";
export { EngineError } from "./session";
export { readKerasWeightsFile } from "./weights/kerasWeightsFile";
export { readSafetensorsFile, writeSafetensorsFile } from "./weights/safetensorsFile";
export { readTorchWeightsFile } from "./weights/torchWeightsFile";
export type { TorchWeightsOptions } from "./weights/torchWeightsFile";
