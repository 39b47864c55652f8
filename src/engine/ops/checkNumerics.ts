import type * as tf from "@tensorflow/tfjs";
import { checkEagerly } from "../../core/ops/checkNumerics";
import { registerNativeOp } from "../../core/ops/registry";
import { describeNode } from "../graph";
import { attr, rawOp } from "../rawOp";
import { activeTrace } from "../trace";

const native = <T extends tf.Tensor>(x: T, label: string): T => {
  const trace = activeTrace();
  if (trace === null) return checkEagerly(x, label);
  const { recorder } = trace;
  const from = describeNode(recorder.nodes[recorder.refOf(x).node]);
  const attrs = [attr.type("T", "float32"), attr.string("message", `${label}, ${from}`)];
  return rawOp("CheckNumerics", attrs, [x]) as T;
};

registerNativeOp("checkNumerics", ["CheckNumerics"], native);
