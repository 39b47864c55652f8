import * as tf from "@tensorflow/tfjs";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOptimizer } from "../../src/core/optimizers";
import { encodeSavedModel, nameNodes } from "../../src/engine/graphDef";
import { loadEngine } from "../../src/engine/load";
import type { RecordedFunction } from "../../src/engine/graph";
import { createPredictor } from "../../src/engine/predictor";
import { createProgram } from "../../src/engine/program";
import type { Precision } from "../../src/engine/dtypes";
import { trainingStep } from "../../src/experiments/training/trainingStep";
import { crossEntropy } from "../../src/losses";
import { modelByName } from "../../src/models";
import { logitsModel } from "../../src/models/logitsModel";
import type { Row } from "../support/contenders";
import { setNormsAsTrained } from "../support/normsAsTrained";

const CASES = [
  { name: "unet", batch: 4, size: 128, isPrediction: false },
  { name: "unet", batch: 4, size: 128, isPrediction: true },
  { name: "residualAttentionUnet", batch: 1, size: 128, isPrediction: false },
] as const;

/**
 * Where the time of a training step and of a prediction goes: runs the recorded graph under TensorFlow's
 * profiler (in Python, since the addon does not support it) and prints the time by kind of op.
 *
 * @param python an interpreter with bench/requirements.txt
 */
export function benchProfile(python: string): Row[] {
  loadEngine();
  const folder = mkdtempSync(join(tmpdir(), "layerbook-profile-"));
  try {
    return CASES.flatMap((profiled) =>
      (["float32", "bfloat16"] as const).flatMap((precision) => {
        const { name, batch, size, isPrediction } = profiled;
        const what = isPrediction ? " prediction" : "";
        writeGraph(folder, isPrediction ? prediction : step, profiled, precision);
        const script = join("bench", "profile", "timeline.py");
        const printed = execFileSync(python, [script, folder], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
        });
        const rows = JSON.parse(printed) as { op: string; nodes: number; ms: number }[];
        return rows.map(({ op, nodes, ms }) => ({
          case: `${name}${what} [${batch},${size},${size},1], ${nodes} ${op}`,
          implementation: precision === "float32" ? "layerbook" : `layerbook-${precision}`,
          bestMs: ms,
          medianMs: ms,
          peakMiB: null,
        }));
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Profiled {
  readonly name: string;
  readonly batch: number;
  readonly size: number;
}

function build({ name, size }: Profiled): tf.LayersModel {
  return modelByName(name, { inputShape: [size, size, 1], numClasses: 3, seed: 1 });
}

function step(profiled: Profiled, precision: Precision): RecordedFunction {
  const { batch, size } = profiled;
  const optimizer = createOptimizer({ name: "adam", learningRate: 1e-3 });
  const train = trainingStep(logitsModel(build(profiled)), crossEntropy(), optimizer);
  const compiled = createProgram({ precision }).compile(train, { name: "train" });
  compiled.prepare(
    tf.zeros([batch, size, size, 1]),
    tf.zeros([batch, size, size], "int32"),
    tf.scalar(1e-3),
  );
  return compiled.recorded[0];
}

function prediction(profiled: Profiled, precision: Precision): RecordedFunction {
  const { batch, size } = profiled;
  const model = build(profiled);
  setNormsAsTrained(model);
  const predict = createPredictor(model, { precision });
  predict(tf.zeros([batch, size, size, 1]));
  return predict.recorded[0];
}

function writeGraph(
  folder: string,
  record: (profiled: Profiled, precision: Precision) => RecordedFunction,
  profiled: Profiled,
  precision: Precision,
): void {
  const { nodes, parameters, results } = nameNodes(record(profiled, precision), "profiled");
  writeFileSync(join(folder, "saved_model.pb"), encodeSavedModel(nodes));
  writeFileSync(join(folder, "names.json"), JSON.stringify({ parameters, results }));
}
