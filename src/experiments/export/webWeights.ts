import type { io } from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { LARGEST_FLOAT16, fromFloat16, toFloat16 } from "../../core/weights/float16";

/** Weights in the form that tfjs fetches. */
export interface WebWeights {
  readonly specs: io.WeightsManifestEntry[];
  readonly data: Uint8Array;
  /** The largest change of a weight by rounding. */
  readonly largestRounding: number;
}

/** The part of a model's artifacts that {@link float16Weights} reads. */
interface Artifacts {
  readonly weightSpecs?: io.WeightsManifestEntry[];
  readonly weightData?: io.WeightData;
}

/** Weights unchanged. */
export function float32Weights({ weightSpecs = [], weightData }: Artifacts): WebWeights {
  return { specs: weightSpecs, data: bytesOf(weightData), largestRounding: 0 };
}

/**
 * Rounds weights of rank 2 and above to float16, to nearest, ties to even; vectors (biases, norms and
 * their running statistics), which take little space, stay float32. tfjs widens them on loading.
 *
 * @throws ConfigError for a weight that float16 cannot hold
 */
export function float16Weights(artifacts: Artifacts): WebWeights {
  const { specs: given, data: bytes } = float32Weights(artifacts);
  let at = 0;
  let largestRounding = 0;
  const parts: Uint8Array[] = [];
  const specs = given.map((spec): io.WeightsManifestEntry => {
    const count = spec.shape.reduce((product, size) => product * size, 1);
    const stored = bytes.slice(at, at + 4 * count);
    at += stored.length;
    if (spec.dtype !== "float32" || spec.shape.length < 2) {
      parts.push(stored);
      return spec;
    }
    const values = new Float32Array(stored.buffer);
    const halves = toFloat16(values);
    for (let i = 0; i < values.length; i++) {
      const change = Math.abs(fromFloat16(halves[i]) - values[i]);
      if (!Number.isFinite(change)) throw tooLarge(spec.name, values[i]);
      if (change > largestRounding) largestRounding = change;
    }
    parts.push(new Uint8Array(halves.buffer));
    return { ...spec, quantization: { dtype: "float16" } };
  });
  const data = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let place = 0;
  for (const part of parts) {
    data.set(part, place);
    place += part.length;
  }
  return { specs, data, largestRounding };
}

function tooLarge(name: string, value: number): ConfigError {
  return new ConfigError({
    where: `exportWebModel: weight ${name}`,
    expected: `numbers from -${LARGEST_FLOAT16} to ${LARGEST_FLOAT16}, which float16 can hold`,
    got: String(value),
    remedy: "Export with float32 weights (--weights float32).",
  });
}

function bytesOf(data: io.WeightData = new ArrayBuffer(0)): Uint8Array {
  if (!Array.isArray(data)) return new Uint8Array(data);
  const whole = new Uint8Array(data.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of data) {
    whole.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return whole;
}
