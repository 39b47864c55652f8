import { readFile } from "node:fs/promises";
import { ConfigError } from "../../core/errors";
import { repeatedKey } from "../../core/repeatedKey";
import { asDataError } from "../../files/systemErrors";
import { isRecord, mergeSettings } from "./mergeSettings";
import { unknownSetting } from "./parseConfig";
import { presetConfig } from "./presets";
import { leavesOf, schemaAt } from "./setting";
import type { TrainingConfig, TrainingOverrides } from "./trainingConfig";
import { trainingConfigSchema } from "./trainingConfig";

/** Where a configuration comes from; later parts replace earlier ones. */
export interface ConfigParts {
  /** A preset's name; default the file's, else `quick`. */
  readonly preset?: string | undefined;
  /** Path of a JSON file with settings. */
  readonly file?: string | undefined;
  /** Assignments `path=value`; a value that is not JSON is taken as text. */
  readonly assignments?: readonly string[];
}

/**
 * Makes a configuration from a preset, a JSON file and single assignments.
 *
 * @throws DataError for a file that cannot be read; ConfigError for an unknown or invalid setting, with
 *   the name that was probably meant
 * @example
 * const config = await readConfig({ preset: "smoke", assignments: ["model.filters=4"] });
 * config.model.filters; // 4
 */
export async function readConfig(parts: ConfigParts): Promise<TrainingConfig> {
  const file = parts.file === undefined ? {} : await readSettings(parts.file);
  const given = (parts.assignments ?? []).map(readAssignment);
  expectNoPreset(given);
  const overrides = given.reduce(
    (below, above) => mergeSettings(trainingConfigSchema, below, above),
    file,
  );
  const named = parts.preset ?? file["preset"] ?? "quick";
  const preset = typeof named === "string" ? named : JSON.stringify(named);
  return presetConfig(preset, { ...(overrides as TrainingOverrides), preset });
}

/** Rejects a preset among the settings, where it would be only a label. */
function expectNoPreset(given: readonly Record<string, unknown>[]): void {
  const named = given.find((settings) => "preset" in settings)?.["preset"];
  if (named === undefined) return;
  throw new ConfigError({
    where: "--set preset",
    expected: "the preset as a separate option",
    got: JSON.stringify(named),
    remedy: `Write --preset ${typeof named === "string" ? named : "NAME"}.`,
  });
}

async function readSettings(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw asDataError(path, "a JSON file with settings", cause);
  });
  // Some editors begin a file with a byte order mark.
  const value = parseJson(text.replace(/^\uFEFF/, ""));
  if (value !== undefined) expectEachOnce(path, text);
  if (isRecord(value)) return value;
  throw new ConfigError({
    where: path,
    expected: "settings as a JSON object",
    got: value === undefined ? notJson(text) : JSON.stringify(value).slice(0, 60),
    remedy: "`npx layerbook config quick` prints one to start from.",
  });
}

/** Rejects duplicate settings, of which JSON would silently take the last. */
function expectEachOnce(where: string, text: string): void {
  const repeated = repeatedKey(text);
  if (repeated === null) return;
  throw new ConfigError({
    where,
    expected: "each setting once",
    got: `"${repeated}" twice`,
    remedy: "Remove one of them.",
  });
}

/** Describes why a text is not JSON, for common reasons. */
function notJson(text: string): string {
  if (text.trim() === "") return "an empty file";
  const outside = text.replace(/"(\\.|[^"\\])*"/g, '""');
  if (/\/\/|\/\*|#/.test(outside)) return "comments, which JSON does not have";
  if (/,\s*[}\]]/.test(outside)) return "a comma before a closing bracket, which is not JSON";
  return "text that is not JSON";
}

/** `optimizer.learningRate=0.01` as nested settings. */
function readAssignment(text: string): Record<string, unknown> {
  const equals = text.indexOf("=");
  if (equals < 1) {
    throw new ConfigError({ where: "--set", expected: "path=value", got: `"${text}"` });
  }
  const path = text.slice(0, equals).trim().split(".");
  expectSetting(path);
  const words = text.slice(equals + 1);
  const parsed = parseJson(words);
  if (parsed !== undefined) expectEachOnce(`--set ${path.join(".")}`, words);
  return path.reduceRight<unknown>(
    (value, key) => ({ [key]: value }),
    parsed === undefined ? words : parsed,
  ) as Record<string, unknown>;
}

/** @throws ConfigError if there is no setting at the path; names the first wrong part */
function expectSetting(path: readonly string[]): void {
  path.forEach((key, depth) => {
    const outer = path.slice(0, depth);
    if (schemaAt(trainingConfigSchema, [...outer, key]) !== undefined) return;
    const isInsideValue = leavesOf(trainingConfigSchema).some(
      (leaf) => leaf.path.join(".") === outer.join("."),
    );
    if (isInsideValue) {
      throw new ConfigError({
        where: `config.${outer.join(".")}`,
        expected: "a whole value",
        got: `a value for "${key}" inside it`,
        remedy: `Give it as JSON: --set '${outer.join(".")}={...}'.`,
      });
    }
    throw unknownSetting(
      ["config", ...outer].join("."),
      schemaAt(trainingConfigSchema, outer),
      key,
    );
  });
}

/** @returns `undefined` for text that is not JSON */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
