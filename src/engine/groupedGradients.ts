import type { Binding } from "./binding";
import { dataType } from "./dtypes";
import type { Precision } from "./dtypes";
import type { Attrs } from "./graph";
import { opAttrsOf } from "./opAttrs";
import { realBinding } from "./trace";

const CHANNELS = 4;
/** `[height, width, in / groups, out]` of a filter with two groups. */
const FILTER = [3, 3, CHANNELS / 2, CHANNELS];

const asked = new WeakMap<Binding, Map<Precision, boolean>>();

/**
 * Whether TensorFlow differentiates grouped convolutions in this precision. On a CPU only oneDNN does,
 * which leaves bfloat16 to TensorFlow's own kernels on processors without AVX-512, and which is not in
 * TensorFlow for other processors. So this runs both gradients once, on zeros.
 */
export function hasGroupedGradients(
  precision: Precision,
  binding: Binding = realBinding(),
): boolean {
  const known = asked.get(binding) ?? new Map<Precision, boolean>();
  asked.set(binding, known);
  const answer = known.get(precision) ?? runsOnZeros(precision, binding);
  known.set(precision, answer);
  return answer;
}

function runsOnZeros(precision: Precision, binding: Binding): boolean {
  const made: number[] = [];
  const keep = (id: number): number => {
    made.push(id);
    return id;
  };
  const run = (op: string, attrs: Attrs, inputs: readonly number[]): number =>
    keep(binding.executeOp(op, opAttrsOf(attrs), inputs, 1)[0].id);
  const type = { kind: "type", value: dataType[precision] } as const;
  const float32 = { kind: "type", value: dataType.float32 } as const;
  const zeros = (shape: readonly number[]): number => {
    const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
    const id = keep(binding.createTensor(shape, dataType.float32, values));
    return run("Cast", { SrcT: float32, DstT: type }, [id]);
  };
  const sizes = (shape: readonly number[]): number =>
    keep(binding.createTensor([shape.length], dataType.int32, Int32Array.from(shape)));
  const image = [1, 4, 4, CHANNELS];
  const attrs: Attrs = {
    T: type,
    strides: { kind: "ints", value: [1, 1, 1, 1] },
    padding: { kind: "string", value: "SAME" },
  };
  try {
    run("Conv2DBackpropFilter", attrs, [zeros(image), sizes(FILTER), zeros(image)]);
    run("Conv2DBackpropInput", attrs, [sizes(image), zeros(FILTER), zeros(image)]);
    return true;
  } catch {
    return false;
  } finally {
    for (const id of made) binding.deleteTensor(id);
  }
}
