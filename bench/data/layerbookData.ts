import { join } from "node:path";
import { createRandom } from "../../src/core/random";
import { augment } from "../../src/data/augment/augment";
import { createBatches } from "../../src/data/createBatches";
import { readNifti } from "../../src/data/nifti/readNifti";
import { makePhantom } from "../../src/data/phantom/makePhantom";
import { prepareSamples } from "../../src/data/prepare";
import { sliceVolume } from "../../src/data/volumeSlices";
import { serve } from "../support/serve";

function samplesOf(count: number, size: number) {
  const { image, mask } = makePhantom({ count, size, seed: 2 });
  return prepareSamples(sliceVolume(image, mask, { name: "bench" }), { size });
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
} else {
  const samples = samplesOf(4, 128);
  let epoch = 0;
  serve(() => {
    epoch++;
    const batches = createBatches(samples, { batchSize: 4, shuffle: true, epoch, augment: true });
    if (batches.next().value?.size !== 4) throw new Error("not a whole batch");
  });
}
