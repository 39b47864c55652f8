import { usesGpu } from "./binding";
import { hasGroupedGradients } from "./groupedGradients";

let isLogged = false;

/** Logs, once per process, that bfloat16 is slow on this processor, which TensorFlow does not say. */
export function logSlowBfloat16(log: (line: string) => void): void {
  // oneDNN has bfloat16 kernels exactly where it differentiates grouped convolutions in bfloat16.
  if (isLogged || usesGpu() || hasGroupedGradients("bfloat16")) return;
  isLogged = true;
  log(
    "bfloat16: TensorFlow has fast kernels for it only on GPUs and on processors with AVX-512. " +
      "On this one float32 is several times as fast.",
  );
}
