import { ConfigError } from "../core/errors";
import { nearestName } from "../core/unknownOptions";
import { crossEntropy } from "./crossEntropy";
import { diceCrossEntropy } from "./diceCrossEntropy";
import { diceLoss } from "./diceLoss";
import { focalLoss } from "./focalLoss";
import { generalisedDiceLoss } from "./generalisedDiceLoss";
import { LOSS_NAMES } from "./lossNames";
import type { LossName } from "./lossNames";
import { tverskyLoss } from "./tverskyLoss";
import type { DiceCrossEntropyOptions } from "./diceCrossEntropy";
import type { FocalLossOptions } from "./focalLoss";
import type { GeneralisedDiceLossOptions } from "./generalisedDiceLoss";
import type { TverskyLossOptions } from "./tverskyLoss";
import type { SegmentationLoss } from "./types";

/** Options of any of the losses; each loss rejects those it does not use. */
export type NamedLossOptions = DiceCrossEntropyOptions &
  FocalLossOptions &
  GeneralisedDiceLossOptions &
  TverskyLossOptions;

const factories: Readonly<Record<LossName, (options: NamedLossOptions) => SegmentationLoss>> = {
  crossEntropy,
  dice: diceLoss,
  diceCrossEntropy,
  focal: focalLoss,
  generalisedDice: generalisedDiceLoss,
  tversky: tverskyLoss,
};

/**
 * A loss on logits by its name, for presets and the command line.
 *
 * @param options of the loss of that name
 * @throws ConfigError for a name not in {@link LOSS_NAMES}, or an option that the loss does not have
 * @example
 * lossByName("diceCrossEntropy").lossName; // "diceCrossEntropy"
 */
export function lossByName(name: string, options: NamedLossOptions = {}): SegmentationLoss {
  if (!isLossName(name)) {
    const nearest = nearestName(String(name), LOSS_NAMES);
    throw new ConfigError({
      where: "lossByName",
      expected: `one of ${LOSS_NAMES.join(", ")}`,
      got: typeof name === "string" ? name : typeof name,
      ...(nearest === null ? {} : { remedy: `Did you mean "${nearest}"?` }),
    });
  }
  return factories[name](options);
}

function isLossName(name: unknown): name is LossName {
  return typeof name === "string" && Object.hasOwn(factories, name);
}
