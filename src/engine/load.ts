import * as tf from "@tensorflow/tfjs";
import { requirePackage } from "../files/packages";
import { nodeBackend } from "./binding";
import { replaceGradients } from "./gradients";
import { patchKernels } from "./kernels";
import "../core/ops/maskedBidirectional";
import "../core/ops/savedIntermediates";
import "../core/ops/savedOutputs";
import "./ops";

/** Which engine is in use and, if it is not the native one, why. */
export interface EngineStatus {
  readonly backend: string;
  /** TensorFlow's version, or `null` for the JavaScript backend. */
  readonly tensorflow: string | null;
  /** Why the native engine did not load; `null` if it did. */
  readonly problem: string | null;
}

let status: EngineStatus | null = null;

/**
 * Loads native TensorFlow as tfjs' backend, once. If it is not installed, tfjs keeps its JavaScript
 * backend, so that importing a layer never fails because the engine is missing.
 *
 * @returns the engine now in use
 */
export function loadEngine(): EngineStatus {
  if (status !== null) return status;
  // TensorFlow reads it only when the addon loads. Op errors are thrown anyway, and level 2 would
  // still log missing kernels that are not needed.
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "3";
  // By default TensorFlow uses oneDNN only on processors with AVX-512 VNNI or newer instructions. Without
  // it a CPU has no gradients of grouped convolutions, and training is slower.
  process.env["TF_ENABLE_ONEDNN_OPTS"] ??= "1";
  try {
    requirePackage("@tensorflow/tfjs-node-gpu");
    patchKernels();
    replaceGradients();
    const { TF_Version: tensorflow } = nodeBackend().binding;
    status = { backend: tf.getBackend(), tensorflow, problem: null };
  } catch (error) {
    const problem = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    // tfjs initialises its own backend only on first use.
    tf.backend();
    status = { backend: tf.getBackend(), tensorflow: null, problem };
  }
  return status;
}
