import type { Command } from "commander";
import { Option } from "commander";
import { leavesOf } from "../experiments/config/setting";
import type { Leaf } from "../experiments/config/setting";
import { PRESET_NAMES } from "../experiments/config/presets";
import { readConfig } from "../experiments/config/readConfig";
import type { TrainingConfig } from "../experiments/config/trainingConfig";
import { trainingConfigSchema } from "../experiments/config/trainingConfig";
import { addDatasetOptions, readOptionsOf } from "./dataOptions";
import type { DataOptions, MaskOptions, UnitOptions } from "./dataOptions";

/** The options of {@link addTrainingOptions}, as passed by commander, with flags by name. */
export interface TrainingOptions extends DataOptions, UnitOptions, MaskOptions {
  readonly preset?: string;
  readonly config?: string;
  readonly set?: readonly string[];
}

/** A flag for one setting. */
interface Flag {
  readonly leaf: Leaf;
  /** `learning-rate`, or `no-compiled` if the setting is true by default. */
  readonly name: string;
}

/** Settings that have a flag: all top-level ones, and nested ones that declare a flag. */
function settingFlags(): Flag[] {
  return leavesOf(trainingConfigSchema)
    .filter(({ path, flag }) => (path.length === 1 && path[0] !== "preset") || flag !== undefined)
    .map((leaf) => {
      const name = leaf.flag ?? kebabCase(leaf.path[0]);
      const isOnByDefault = leaf.isBoolean && defaultOf(leaf) === true;
      return { leaf, name: isOnByDefault ? `no-${name}` : name };
    });
}

/**
 * Adds the options that determine a training's configuration: `--preset`, `--config`, `--set`, a flag for each
 * common setting, all derived from the schema, and the options for reading data.
 *
 * @param except names of flags that the command defines itself
 */
export function addTrainingOptions(command: Command, except: readonly string[] = []): Command {
  command
    .option("--preset <name>", `${PRESET_NAMES.join(", ")}`)
    .option("--config <file>", "JSON with settings, as `layerbook config` prints")
    .option(
      "--set <path=value>",
      "any setting, e.g. optimizer.clipNorm=0.5; may be repeated",
      (text: string, before: readonly string[] = []) => [...before, text],
    );
  for (const { leaf, name } of settingFlags()) {
    if (except.includes(name)) continue;
    const choices = leaf.choices === null ? "" : ` (${leaf.choices.join(", ")})`;
    const value = leaf.isBoolean ? "" : " <value>";
    command.addOption(new Option(`--${name}${value}`, `${leaf.help}${choices}`));
  }
  return addDatasetOptions(command);
}

/**
 * The configuration from the options, applied in this order: preset, file, flags, `--set`.
 *
 * @throws ConfigError for an unknown or invalid setting
 */
export function configOf(options: TrainingOptions): Promise<TrainingConfig> {
  const values = options as Readonly<Record<string, unknown>>;
  const fromFlags = settingFlags().flatMap(({ leaf, name }) => {
    const value = values[camelCase(name.replace(/^no-/, ""))];
    if (typeof value === "string") return [`${leaf.path.join(".")}=${value}`];
    // Commander passes true if a `--no-…` flag was not given.
    return leaf.isBoolean && value === !defaultOf(leaf) ? [`${leaf.path.join(".")}=${value}`] : [];
  });
  const fromDataFlags = Object.entries(readOptionsOf(options)).map(
    ([name, value]) => `data.${name}=${JSON.stringify(value)}`,
  );
  return readConfig({
    preset: options.preset,
    file: options.config,
    assignments: [...fromFlags, ...fromDataFlags, ...(options.set ?? [])],
  });
}

function defaultOf({ path }: Leaf): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<string, unknown>)[key],
    trainingConfigSchema.parse({}),
  );
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
