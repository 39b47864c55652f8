import { TraceError } from "../core/errors";
import type { TensorValues } from "./binding";
import { dataType } from "./dtypes";
import type { ConstantValue } from "./graph";

/** Larger captured tensors must be passed as arguments or variables; see {@link constantValue}. */
export const MAX_CONSTANT_ELEMENTS = 16384;

function isSplat(values: Exclude<TensorValues, Uint8Array[]>): boolean {
  for (let i = 1; i < values.length; i++) {
    if (!Object.is(values[i], values[0])) return false;
  }
  return values.length > 0;
}

/**
 * A graph constant, copied from a typed array; stored as a single value if all elements are equal.
 *
 * @throws TraceError for strings, and for a large array of different values: it is most likely a
 * batch, and the graph would use the first batch forever
 */
export function constantValue(
  where: string,
  shape: readonly number[],
  dtype: number,
  values: TensorValues,
  maxElements = MAX_CONSTANT_ELEMENTS,
): ConstantValue {
  if (Array.isArray(values) || dtype === dataType.string) {
    throw new TraceError({
      where,
      expected: "numbers",
      got: "a tensor of strings",
      remedy: "Prepare strings outside the recorded function.",
    });
  }
  if (isSplat(values)) return { shape, dtype, values: values.slice(0, 1), isSplat: true };
  if (values.length > maxElements) {
    throw new TraceError({
      where,
      expected: `constants of at most ${maxElements} elements`,
      got: `one of shape [${shape.join(", ")}] that is neither an argument nor a variable`,
      remedy:
        "It would keep its first value in every call: pass it as an argument, or hold it in " +
        'tf.variable(value, false). Where that is meant, compile with { captured: "ok" }.',
    });
  }
  return { shape, dtype, values: values.slice(), isSplat: false };
}

/** A key that is equal for constants of equal type and bytes. */
export function constantKey({ shape, dtype, values, isSplat }: ConstantValue): string {
  const { buffer, byteOffset, byteLength } = values as Uint8Array;
  const bytes = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString("latin1");
  return `${dtype}|${shape.join(",")}|${isSplat}|${bytes}`;
}

/** All values, with splats expanded. */
export function expandConstant({ shape, values, isSplat }: ConstantValue): TensorValues {
  if (!isSplat || Array.isArray(values)) return values.slice();
  const size = shape.reduce((a, b) => a * b, 1);
  return new (values.constructor as Float32ArrayConstructor)(size).fill(values[0]);
}
