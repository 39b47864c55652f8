import { leavesOf, valueAt } from "./setting";
import type { TrainingConfig } from "./trainingConfig";
import { trainingConfigSchema } from "./trainingConfig";

/** The settings that affect a result, as JSON by path, such as `"optimizer.learningRate"`. */
export function decisiveSettings(config: TrainingConfig): Map<string, string> {
  const leaves = leavesOf(trainingConfigSchema).filter(({ isCosmetic }) => isCosmetic !== true);
  return new Map(leaves.map(({ path }) => [path.join("."), JSON.stringify(valueAt(config, path))]));
}
