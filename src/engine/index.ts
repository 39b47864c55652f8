export { loadEngine } from "./load";
export type { EngineStatus } from "./load";
export { compile, createProgram } from "./program";
export type { Compiled, CompileOptions, Precision, Program, ProgramOptions } from "./program";
export { EngineError } from "./session";
