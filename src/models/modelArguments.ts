import { rejectUnknownOptions } from "../core/unknownOptions";
import type { PretrainedUNetArgs } from "./encoderDecoder";
import type { FCN8sArgs } from "./fcn8s";
import type { ModelName } from "./modelNames";
import type { MultiResUNetArgs } from "./multiResUnet";
import type { R2UNetArgs } from "./r2unet";
import type {
  AttentionLevelsArgs,
  ResidualUNetArgs,
  SegmentationArgs,
  UNetArgs,
} from "./unetFamily";

/**
 * All property names of an interface: a name added there must be added here too, or compilation fails.
 */
type NamesOf<A> = Readonly<Record<keyof A, true>>;

const SEGMENTATION: NamesOf<SegmentationArgs> = {
  ...{ inputShape: true, numClasses: true, seed: true, standardize: true },
};
const UNET: NamesOf<UNetArgs> = {
  ...SEGMENTATION,
  ...{ filters: true, depth: true, normalization: true },
};
const RESNEXT: NamesOf<ResidualUNetArgs> = {
  ...UNET,
  ...{ cardinality: true, pathWidth: true, blocks: true },
};
const ATTENTION: NamesOf<AttentionLevelsArgs> = {
  ...{ attentionLevels: true, attention: true, bucketSize: true, numHashes: true },
};

const PRETRAINED: NamesOf<PretrainedUNetArgs> = { ...SEGMENTATION, decoderFilters: true };

const ARGUMENTS = {
  unet: UNET,
  residualAttentionUnet: { ...RESNEXT, ...ATTENTION },
  ma: RESNEXT,
  mr: { ...UNET, ...ATTENTION },
  attentionUnet: UNET,
  fcn8s: {
    ...SEGMENTATION,
    ...{ filters: true, denseFilters: true, dropout: true },
  } satisfies NamesOf<FCN8sArgs>,
  resnextUnet: PRETRAINED,
  efficientnetUnet: PRETRAINED,
  r2unet: { ...UNET, steps: true } satisfies NamesOf<R2UNetArgs>,
  multiResUnet: { ...UNET, alpha: true } satisfies NamesOf<MultiResUNetArgs>,
} as const satisfies Record<ModelName, object>;

/** Names of the arguments that a model takes. */
export function modelArguments(name: ModelName): readonly string[] {
  return Object.keys(ARGUMENTS[name]);
}

/** @throws ConfigError for an argument that the model does not take */
export function rejectUnknownArguments(name: ModelName, args: object): void {
  rejectUnknownOptions(name, args, modelArguments(name));
}

/**
 * Selects a model's arguments from settings shared by all models.
 *
 * @example
 * modelSettings("ma", { filters: 8, cardinality: 4, numHashes: 2 }); // { filters: 8, cardinality: 4 }
 */
export function modelSettings<A extends object>(name: ModelName, settings: A): A {
  const known = modelArguments(name);
  return Object.fromEntries(Object.entries(settings).filter(([key]) => known.includes(key))) as A;
}
