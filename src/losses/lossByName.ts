import { ConfigError } from "../core/errors";
import { crossEntropy } from "./crossEntropy";
import { diceCrossEntropy } from "./diceCrossEntropy";
import { diceLoss } from "./diceLoss";
import { focalLoss } from "./focalLoss";
import { generalisedDiceLoss } from "./generalisedDiceLoss";
import { tverskyLoss } from "./tverskyLoss";
import { LOSS_NAMES } from "./lossNames";
import type { LossName } from "./lossNames";
import type { RegionLossOptions, SegmentationLoss } from "./types";

const factories: Readonly<Record<LossName, (options: RegionLossOptions) => SegmentationLoss>> = {
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
 * @throws ConfigError for a name that is none of {@link LOSS_NAMES}
 * @example
 * lossByName("diceCrossEntropy").lossName; // "diceCrossEntropy"
 */
export function lossByName(name: string, options: RegionLossOptions = {}): SegmentationLoss {
  if (!isLossName(name)) {
    throw new ConfigError({
      where: "lossByName",
      expected: `one of ${LOSS_NAMES.join(", ")}`,
      got: name,
    });
  }
  return factories[name](options);
}

function isLossName(name: string): name is LossName {
  return Object.hasOwn(factories, name);
}
