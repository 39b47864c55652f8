import * as tf from "@tensorflow/tfjs";
import plain from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url";
import simd from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url";
import threaded from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url";

/** From the fastest to the one that runs everywhere. */
const BACKENDS = ["webgpu", "webgl", "wasm"];

/** Loads the code of a backend on first use. */
async function load(name) {
  if (name === "webgpu") {
    if (!("gpu" in navigator)) return false;
    await import("@tensorflow/tfjs-backend-webgpu");
  }
  if (name === "wasm") {
    const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    setWasmPaths({
      "tfjs-backend-wasm.wasm": plain,
      "tfjs-backend-wasm-simd.wasm": simd,
      "tfjs-backend-wasm-threaded-simd.wasm": threaded,
    });
  }
  try {
    return await tf.setBackend(name);
  } catch {
    return false;
  }
}

/**
 * Starts the requested backend, or the fastest that works here.
 *
 * @returns its name
 */
export async function startBackend(wanted) {
  for (const name of wanted === "" ? BACKENDS : [wanted]) {
    if (!(await load(name))) continue;
    await tf.ready();
    return name;
  }
  throw new Error(`This browser cannot run ${wanted || BACKENDS.join(", ")}. Choose another.`);
}
