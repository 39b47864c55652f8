export { loadEngine } from "./load";
export type { EngineStatus } from "./load";
export { exportSavedModel } from "./exportSavedModel";
export type { ExportOptions } from "./exportSavedModel";
export { createPredictor } from "./predictor";
export type { Predictor, PredictorOptions } from "./predictor";
export { compile, createProgram } from "./program";
export type { Compiled, CompileOptions, Precision, Program, ProgramOptions } from "./program";
export { EngineError } from "./session";
