import type * as tf from "@tensorflow/tfjs";
import { defineOp } from "./registry";

/**
 * Writes a tensor's values to the log, and returns the tensor. In a recorded function it writes at
 * every call, which `console.log` and `tensor.print()` cannot.
 *
 * @param x any shape
 * @param label printed before the values
 * @example
 * print(tf.scalar(3), "loss").arraySync(); // 3
 */
export function print<T extends tf.Tensor>(x: T, label = ""): T {
  write(x, label);
  return x;
}

const write = defineOp("print", (x: tf.Tensor, label: string): void =>
  console.info(printed(label, x)),
);

/** The line that {@link print} writes. */
export function printed(label: string, x: tf.Tensor): string {
  const values = x.toString().replace(/^Tensor\s*/, "");
  return `${label === "" ? "" : `${label}: `}${x.dtype} [${x.shape.join(", ")}] ${values.trim()}`;
}
