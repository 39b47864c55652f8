import type * as tf from "@tensorflow/tfjs";
import { TraceError } from "../core/errors";

/** TensorFlow's codes for element types (`tensorflow/core/framework/types.proto`). */
export const dataType = {
  float32: 1,
  double: 2,
  int32: 3,
  uint8: 4,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  resource: 20,
  /** A tensor list, as used in loops. */
  variant: 21,
} as const;

/** Precision of convolutions, matrix products and the activations between them. */
export type Precision = "float32" | "bfloat16";

/** The C API's codes for attribute kinds (`TF_AttrType`). */
export const attrKind = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5 } as const;

const byName: Partial<Record<string, number>> = dataType;

/** TensorFlow's code for a tfjs dtype. */
export function dtypeNumber(dtype: tf.DataType): number {
  const number = byName[dtype];
  if (number === undefined) {
    throw new TraceError({
      where: "dtypeNumber",
      expected: Object.keys(dataType).join(", "),
      got: dtype,
    });
  }
  return number;
}

/** The name of a TensorFlow type code, in tfjs' spelling if tfjs has the type. */
export function dtypeName(number: number): string {
  return Object.entries(dataType).find(([, value]) => value === number)?.[0] ?? `type ${number}`;
}
