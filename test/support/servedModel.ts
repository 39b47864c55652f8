import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Arrays of one call by name, in JSON form. */
export type NamedArrays = Readonly<
  Record<
    string,
    {
      readonly dtype: string;
      readonly shape: readonly number[];
      readonly values: readonly number[];
    }
  >
>;

/** The Python of set-up, which has TensorFlow. */
const PYTHON = join(".venv", "bin", "python");
/** The Python of the benchmarks' peers, if installed. */
const PEERS = join(".venv-bench", "bin", "python");

const COMMON = `
import json, os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
folder = sys.argv[1]
calls = json.load(open(folder + "/calls.json"))
array = lambda it: np.array(it["values"], it["dtype"]).reshape(it["shape"])
plain = lambda it: {"dtype": str(it.dtype), "shape": list(it.shape), "values": np.ravel(it).tolist()}
`;

const SERVE = `${COMMON}
import tensorflow as tf
served = tf.saved_model.load(folder).signatures["serving_default"]
results = []
for call in calls:
    outputs = served(**{name: tf.constant(array(value)) for name, value in call.items()})
    results.append({name: plain(value.numpy()) for name, value in outputs.items()})
json.dump(results, open(folder + "/results.json", "w"))
`;

const ONNX = `${COMMON}
import onnxruntime
session = onnxruntime.InferenceSession(folder + "/model.onnx", providers=["CPUExecutionProvider"])
names = [output.name for output in session.get_outputs()]
results = []
for call in calls:
    outputs = session.run(names, {name: array(value) for name, value in call.items()})
    results.append({name: plain(value) for name, value in zip(names, outputs)})
json.dump(results, open(folder + "/results.json", "w"))
`;

function runScript(
  python: string,
  script: string,
  folder: string,
  calls: readonly NamedArrays[],
): NamedArrays[] {
  writeFileSync(join(folder, "calls.json"), JSON.stringify(calls));
  execFileSync(python, ["-c", script, folder], { stdio: ["ignore", "ignore", "pipe"] });
  return JSON.parse(readFileSync(join(folder, "results.json"), "utf8")) as NamedArrays[];
}

/** Calls a SavedModel's `serving_default` in Python's TensorFlow. */
export function serveInPython(folder: string, calls: readonly NamedArrays[]): NamedArrays[] {
  return runScript(PYTHON, SERVE, folder, calls);
}

/** Why ONNX models cannot be tested here; `null` if they can. */
export function whyNoOnnx(): string | null {
  if (!existsSync(PEERS)) return "no .venv-bench";
  try {
    execFileSync(PEERS, ["-c", "import tf2onnx, onnxruntime"], { stdio: "ignore" });
    return null;
  } catch {
    return "no tf2onnx or onnxruntime in .venv-bench";
  }
}

/** Converts a SavedModel as docs/export.md describes, and calls it in ONNX Runtime. */
export function runInOnnx(folder: string, calls: readonly NamedArrays[]): NamedArrays[] {
  const output = join(folder, "model.onnx");
  const convert = ["-m", "tf2onnx.convert", "--saved-model", folder, "--output", output];
  execFileSync(PEERS, [...convert, "--opset", "18"], { stdio: ["ignore", "ignore", "pipe"] });
  return runScript(PEERS, ONNX, folder, calls);
}
