import type * as tf from "@tensorflow/tfjs";
import { printed } from "../../core/ops/print";
import { registerNativeOp } from "../../core/ops/registry";
import { activeTrace } from "../trace";

// A recorded function returns the values to print in addition to its results; the program prints them.
registerNativeOp("print", [], (x: tf.Tensor, label: string): void => {
  const trace = activeTrace();
  if (trace === null) console.info(printed(label, x));
  else trace.recorder.print(label, x);
});
