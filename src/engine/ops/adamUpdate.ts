import * as tf from "@tensorflow/tfjs";
import { adamUpdate } from "../../core/ops/adamUpdate";
import type { AdamStep, AdamVariables } from "../../core/ops/adamUpdate";
import { registerNativeOp, withCompositeOps } from "../../core/ops/registry";
import { activeTrace } from "../trace";

// In a recorded step, one in-place op per weight; tfjs' eager tensors cannot be changed in place.
const native = (variables: AdamVariables, step: AdamStep): void => {
  const trace = activeTrace();
  if (trace === null) {
    withCompositeOps(() => adamUpdate(variables, step));
    return;
  }
  const { weight, mean, square } = variables;
  tf.tidy(() => {
    const scalars = [step.beta1Power, step.beta2Power, step.learningRate];
    const numbers = [step.beta1, step.beta2, step.epsilon].map((value) => tf.scalar(value));
    trace.variables.applyInPlace(
      "ResourceApplyAdam",
      [weight, mean, square],
      [...scalars, ...numbers, step.gradient],
      { use_locking: { kind: "bool", value: false } },
    );
  });
};

registerNativeOp("adamUpdate", ["ResourceApplyAdam"], native);
