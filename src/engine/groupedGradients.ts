import type { Binding } from "./binding";
import { dataType, dtypeNumber } from "./dtypes";
import type { Precision } from "./dtypes";
import { attr } from "./rawOp";
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
  const run = (
    op: string,
    attrs: Parameters<Binding["executeOp"]>[1],
    inputs: number[],
  ): number => {
    const [{ id }] = binding.executeOp(op, attrs, inputs, 1);
    made.push(id);
    return id;
  };
  const float32 = dtypeNumber("float32");
  const type = dataType[precision];
  const typeAttr = (name: string, value: number) => ({ ...attr.type(name, "float32"), value });
  const zeros = (shape: readonly number[]): number => {
    const size = shape.reduce((a, b) => a * b, 1);
    const id = binding.createTensor(shape, float32, new Float32Array(size));
    made.push(id);
    return run("Cast", [typeAttr("SrcT", float32), typeAttr("DstT", type)], [id]);
  };
  const sizes = (shape: readonly number[]): number => {
    const id = binding.createTensor([shape.length], dataType.int32, Int32Array.from(shape));
    made.push(id);
    return id;
  };
  const image = [1, 4, 4, CHANNELS];
  const attrs = [
    typeAttr("T", type),
    attr.ints("strides", [1, 1, 1, 1]),
    attr.string("padding", "SAME"),
  ];
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
