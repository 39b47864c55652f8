import { ConfigError } from "../core/errors";
import { rejectUnknownOptions } from "../core/unknownOptions";
import type { PredictorOptions } from "./predictor";
import type { CompileOptions, ProgramOptions } from "./program";

type Names<T> = readonly (keyof T & string)[];

const PROGRAM: Names<ProgramOptions> = ["precision", "log"];
const COMPILE: Names<CompileOptions> = ["name", "maxTraces", "captured", "debug"];
const PREDICTOR: Names<PredictorOptions> = ["precision", "maxTraces"];

const PRECISIONS = ["float32", "bfloat16"];
const POLICIES = ["warn", "error", "ok"];

const shown = (value: unknown): string => JSON.stringify(value) ?? typeof value;

function check(place: string, holds: boolean, expected: string, value: unknown): void {
  if (!holds) throw new ConfigError({ where: place, expected, got: shown(value) });
}

function checkChoice(place: string, value: unknown, choices: readonly string[]): void {
  const holds = value === undefined || choices.some((choice) => choice === value);
  check(place, holds, choices.map((choice) => `"${choice}"`).join(" or "), value);
}

/** Values that an option of one of the three kinds has, in JavaScript too. */
function checkValues(where: string, options: CompileOptions & ProgramOptions): void {
  const { precision, log, name, maxTraces = 1, captured, debug = false } = options;
  checkChoice(`${where}.precision`, precision, PRECISIONS);
  checkChoice(`${where}.captured`, captured, POLICIES);
  check(`${where}.log`, log === undefined || typeof log === "function", "a function", log);
  check(`${where}.name`, name === undefined || typeof name === "string", "text", name);
  const isCount = Number.isInteger(maxTraces) && maxTraces >= 1;
  check(`${where}.maxTraces`, isCount, "an integer of at least 1", maxTraces);
  check(`${where}.debug`, typeof debug === "boolean", "true or false", debug);
}

/** @throws ConfigError for an option of `createProgram` that is unknown or out of its range */
export function checkProgramOptions(options: ProgramOptions): void {
  rejectUnknownOptions("createProgram", options, PROGRAM);
  checkValues("createProgram", options);
}

/**
 * @param where the function that was called: `compile` has the options of a program as well
 * @throws ConfigError for no function, and for an option that is unknown or out of its range
 */
export function checkCompile(
  where: "compile" | "program.compile",
  fn: unknown,
  options: CompileOptions & ProgramOptions,
): void {
  if (typeof fn !== "function") {
    throw new ConfigError({
      where,
      expected: "a function of tensors",
      got: typeof fn === "object" && fn !== null ? `a ${fn.constructor.name}` : String(fn),
      remedy: "Compile (x) => model.apply(x), or a model by createPredictor.",
    });
  }
  rejectUnknownOptions(where, options, where === "compile" ? [...COMPILE, ...PROGRAM] : COMPILE);
  checkValues(where, options);
}

/** @throws ConfigError for an option of `createPredictor` that is unknown or out of its range */
export function checkPredictorOptions(options: PredictorOptions): void {
  rejectUnknownOptions("createPredictor", options, PREDICTOR);
  checkValues("createPredictor", options);
}
