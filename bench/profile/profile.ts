import * as tf from "@tensorflow/tfjs";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOptimizer } from "../../src/core/optimizers";
import { encodeSavedModel, nameNodes } from "../../src/engine/graphDef";
import { loadEngine } from "../../src/engine/load";
import { createProgram } from "../../src/engine/program";
import { trainingStep } from "../../src/experiments/training/trainingStep";
import { crossEntropy } from "../../src/losses";
import { modelByName } from "../../src/models";
import { logitsModel } from "../../src/models/logitsModel";
import type { Row } from "../support/contenders";

const MODELS = [
  { name: "unet", batch: 4, size: 128 },
  { name: "residualAttentionUnet", batch: 1, size: 128 },
] as const;

/**
 * Where a training step goes: the recorded graph run under TensorFlow's own timeline (in Python,
 * since the addon cannot ask for one), time by kind of op.
 *
 * @param python an interpreter with bench/requirements.txt
 */
export function benchProfile(python: string): Row[] {
  loadEngine();
  const folder = mkdtempSync(join(tmpdir(), "layerbook-profile-"));
  try {
    return MODELS.flatMap((model) =>
      (["float32", "bfloat16"] as const).flatMap((precision) => {
        const { name, batch, size } = model;
        writeStep(folder, model, precision);
        const script = join("bench", "profile", "timeline.py");
        const printed = execFileSync(python, [script, folder], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
        });
        const rows = JSON.parse(printed) as { op: string; nodes: number; ms: number }[];
        return rows.map(({ op, nodes, ms }) => ({
          case: `${name} [${batch},${size},${size},1], ${nodes} ${op}`,
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

function writeStep(
  folder: string,
  { name, batch, size }: (typeof MODELS)[number],
  precision: "float32" | "bfloat16",
): void {
  const model = modelByName(name, { inputShape: [size, size, 1], numClasses: 3, seed: 1 });
  const optimizer = createOptimizer({ name: "adam", learningRate: 1e-3 });
  const step = trainingStep(logitsModel(model), crossEntropy(), optimizer);
  const compiled = createProgram({ precision }).compile(step, { name: "train" });
  compiled.prepare(
    tf.zeros([batch, size, size, 1]),
    tf.zeros([batch, size, size], "int32"),
    tf.scalar(1e-3),
  );
  const { nodes, parameters, results } = nameNodes(compiled.recorded[0], "train");
  writeFileSync(join(folder, "saved_model.pb"), encodeSavedModel(nodes));
  writeFileSync(join(folder, "names.json"), JSON.stringify({ parameters, results }));
}
