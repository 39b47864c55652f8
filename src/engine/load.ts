import * as tf from "@tensorflow/tfjs";
import { requirePackage } from "../files/packages";
import { nodeBackend } from "./binding";
import { replaceGradients } from "./gradients";
import { mendKernels } from "./kernels";
import "../core/ops/maskedBidirectional";
import "../core/ops/savedIntermediates";
import "../core/ops/savedOutputs";
import "./ops";

/** Which engine answers, and why not the native one where it does not. */
export interface EngineStatus {
  readonly backend: string;
  /** TensorFlow's version, or `null` where the JavaScript backend runs. */
  readonly tensorflow: string | null;
  /** Why the native engine did not load; `null` where it did. */
  readonly problem: string | null;
}

let status: EngineStatus | null = null;

/**
 * Loads native TensorFlow under tfjs, once. Where it is not set up, tfjs' own JavaScript backend
 * stays, so that an import of one layer never fails for want of the engine.
 *
 * @returns what runs now
 */
export function loadEngine(): EngineStatus {
  if (status !== null) return status;
  // TensorFlow reads it when the addon loads; later is too late. An op's error is thrown, not only
  // logged, and at level 2 the log still complains of kernels that it does well without.
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "3";
  try {
    requirePackage("@tensorflow/tfjs-node-gpu");
    mendKernels();
    replaceGradients();
    const { TF_Version: tensorflow } = nodeBackend().binding;
    status = { backend: tf.getBackend(), tensorflow, problem: null };
  } catch (error) {
    const problem = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    // tfjs starts its own backend only when it is asked for.
    tf.backend();
    status = { backend: tf.getBackend(), tensorflow: null, problem };
  }
  return status;
}
