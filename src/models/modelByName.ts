import type * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../core/errors";
import { nearestName } from "../core/unknownOptions";
import { attentionUnet } from "./attentionUnet";
import { efficientnetUnet } from "./efficientnetUnet";
import type { PretrainedUNetArgs } from "./encoderDecoder";
import { fcn8s } from "./fcn8s";
import type { FCN8sArgs } from "./fcn8s";
import { MODEL_NAMES } from "./modelNames";
import type { ModelName } from "./modelNames";
import { multiResUnet } from "./multiResUnet";
import type { MultiResUNetArgs } from "./multiResUnet";
import { r2unet } from "./r2unet";
import type { R2UNetArgs } from "./r2unet";
import { ma, mr, residualAttentionUnet } from "./residualAttentionUnet";
import { resnextUnet } from "./resnextUnet";
import { unet } from "./unet";
import type { AttentionLevelsArgs, ResidualUNetArgs, UNetArgs } from "./unetFamily";

/** Arguments of any model; each takes those that `modelArguments` names. */
export type ModelArgs = ResidualUNetArgs &
  AttentionLevelsArgs &
  Omit<FCN8sArgs & PretrainedUNetArgs & R2UNetArgs & MultiResUNetArgs, keyof UNetArgs>;

const builders = {
  unet,
  residualAttentionUnet,
  ma,
  mr,
  attentionUnet,
  fcn8s,
  resnextUnet,
  efficientnetUnet,
  r2unet,
  multiResUnet,
} as const satisfies Record<ModelName, unknown>;

/**
 * Makes a model by name, for commands and saved runs.
 *
 * @param name one of {@link MODEL_NAMES}
 * @param args those that the model takes; {@link modelSettings} picks them from settings for several
 * @throws ConfigError for any other name, and for an argument that the model does not take
 * @example
 * const model = modelByName("unet", { inputShape: [8, 8, 1], numClasses: 2, filters: 4, depth: 1 });
 * model.name; // "unet"
 */
export function modelByName(name: string, args: ModelArgs): tf.LayersModel {
  if (!Object.hasOwn(builders, name)) {
    const nearest = nearestName(String(name), MODEL_NAMES);
    throw new ConfigError({
      where: "modelByName",
      expected: `one of ${MODEL_NAMES.join(", ")}`,
      got: `"${name}"`,
      ...(nearest === null ? {} : { remedy: `Did you mean "${nearest}"?` }),
    });
  }
  return builders[name as ModelName](args);
}
