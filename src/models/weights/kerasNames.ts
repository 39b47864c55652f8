import { ConfigError } from "../../core/errors";
import type { WeightNames } from "./assignWeights";

const PARTS: Readonly<Record<string, string>> = {
  query: "query_dense",
  key: "key_dense",
  value: "value_dense",
  attention_output: "output_dense",
};

/**
 * How a Keras 3 `.weights.h5` file names the weights of `MultiHeadAttention` layers.
 *
 * @param layers our layer's name to its path in the Keras file, e.g. `{ mha:
 * "layers/multi_head_attention" }`
 */
export function kerasAttentionNames(layers: Readonly<Record<string, string>>): WeightNames {
  const parse = (ownName: string): RegExpExecArray | null =>
    /^(.+)\/(\w+)\/(kernel|bias)$/.exec(ownName);
  return {
    label: "Keras",
    covers: (ownName) => Object.hasOwn(layers, parse(ownName)?.[1] ?? ""),
    foreign(ownName) {
      const [, layer, part, kind] = parse(ownName) ?? [];
      if (layer === undefined || !Object.hasOwn(PARTS, part)) {
        throw new ConfigError({
          where: "kerasAttentionNames",
          expected: "a weight of a MultiHeadAttention",
          got: `"${ownName}"`,
        });
      }
      return { name: `${layers[layer]}/${PARTS[part]}/vars/${kind === "kernel" ? 0 : 1}` };
    },
  };
}
