import { leavesOf } from "./setting";
import type { TrainingConfig } from "./trainingConfig";
import { trainingConfigSchema } from "./trainingConfig";

/** The settings that decide a result, by path: `"optimizer.learningRate"` to its JSON. */
export function decisiveSettings(config: TrainingConfig): Map<string, string> {
  const leaves = leavesOf(trainingConfigSchema).filter(({ isCosmetic }) => isCosmetic !== true);
  return new Map(leaves.map(({ path }) => [path.join("."), JSON.stringify(valueAt(config, path))]));
}

/** What stands at a path inside plain data; `undefined` for nothing. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null
        ? (inner as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  );
}
