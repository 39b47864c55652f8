import { join } from "node:path";
import { createRandom } from "../../src/core/random";
import { augment } from "../../src/data/augment/augment";
import { createBatches } from "../../src/data/createBatches";
import { readNifti } from "../../src/data/nifti/readNifti";
import { makePhantom } from "../../src/data/phantom/makePhantom";
import { prepareSamples } from "../../src/data/prepare";
import { CLASS_NAMES } from "../../src/data/types";
import { sliceVolume } from "../../src/data/volumeSlices";
import { loadEngine } from "../../src/engine/load";
import { createSession } from "../../src/experiments/training/trainingSession";
import { crossEntropy } from "../../src/losses";
import { modelByName } from "../../src/models";
import { serve } from "../support/serve";

function samplesOf(count: number, size: number) {
  const { image, mask } = makePhantom({ count, size, seed: 2 });
  return prepareSamples(sliceVolume(image, mask, { name: "bench", classNames: CLASS_NAMES }), {
    size,
  });
}

const [folder, work] = process.argv.slice(2);
if (work === "read") {
  serve(async () => {
    const { data } = await readNifti(join(folder, "tr_im.nii.gz"));
    if (data.length !== 512 * 512 * 100) throw new Error("not the whole volume");
  });
} else if (work === "augment") {
  const samples = samplesOf(8, 369);
  let run = 0;
  serve(() => {
    run++;
    for (const sample of samples) augment(sample, createRandom(run).fork(sample.id));
  });
} else if (work === "batch") {
  const samples = samplesOf(4, 128);
  let epoch = 0;
  const makeBatch = (): void => {
    epoch++;
    const batches = createBatches(samples, { batchSize: 4, shuffle: true, epoch, augment: true });
    if (batches.next().value?.size !== 4) throw new Error("not a whole batch");
  };
  // A training makes hundreds of batches; V8 compiles the code during the first ones.
  for (let warmUp = 0; warmUp < 50; warmUp++) makeBatch();
  serve(makeBatch);
} else {
  // The training step that uses such a batch, in the precision given by `work`.
  const { problem } = loadEngine();
  if (problem !== null) throw new Error(problem);
  const shape = { inputShape: [4, 128, 128, 1], labelShape: [4, 128, 128] };
  const model = modelByName("unet", { inputShape: [128, 128, 1], numClasses: 3, seed: 1 });
  const session = createSession(model, {
    loss: crossEntropy(),
    optimizer: { name: "adam", learningRate: 1e-3 },
    compiled: true,
    precision: work === "bfloat16" ? "bfloat16" : "float32",
    trainingShapes: [shape],
    predictionShape: null,
  });
  const pixels = 4 * 128 * 128;
  const inputs = Float32Array.from({ length: pixels }, (_, index) => (index % 97) / 97);
  const labels = Int32Array.from({ length: pixels }, (_, index) => index % 3);
  serve(() => session.train({ inputs, labels, ...shape }, 1e-3));
}
