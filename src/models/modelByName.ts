import type * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../core/errors";
import { attentionUnet } from "./attentionUnet";
import { fcn8s } from "./fcn8s";
import { MODEL_NAMES } from "./modelNames";
import type { ModelName } from "./modelNames";
import { ma, mr, residualAttentionUnet } from "./residualAttentionUnet";
import { resnextUnet } from "./resnextUnet";
import { unet } from "./unet";
import type { AttentionLevelsArgs, ResNeXtUNetArgs } from "./unetFamily";

/** Arguments of any model; each takes what concerns it. */
export type ModelArgs = ResNeXtUNetArgs & AttentionLevelsArgs;

const builders = {
  unet,
  residualAttentionUnet,
  ma,
  mr,
  attentionUnet,
  fcn8s,
  resnextUnet,
} as const satisfies Record<ModelName, unknown>;

/**
 * The model of a name; a command or a saved run has only that.
 *
 * @param name one of {@link MODEL_NAMES}
 * @throws ConfigError for any other
 * @example
 * const model = modelByName("unet", { inputShape: [8, 8, 1], numClasses: 2, filters: 4, depth: 1 });
 * model.name; // "unet"
 */
export function modelByName(name: string, args: ModelArgs): tf.LayersModel {
  if (!Object.hasOwn(builders, name)) {
    throw new ConfigError({
      where: "modelByName",
      expected: `one of ${MODEL_NAMES.join(", ")}`,
      got: `"${name}"`,
    });
  }
  return builders[name as ModelName](args);
}
