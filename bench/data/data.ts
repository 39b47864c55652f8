import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makePhantom } from "../../src/data/phantom/makePhantom";
import { writeNifti } from "../../src/data/nifti/writeNifti";
import { interleave, printRatios } from "../support/contenders";
import type { BenchOptions, Row } from "../support/contenders";

/** The number of different slices in the volume; each occurs ten times. */
const DISTINCT_SLICES = 10;

/** Writes a compressed volume of 512 x 512 x 100 int16 voxels, and a mask next to it. */
async function writeVolume(folder: string): Promise<void> {
  const { image, mask } = makePhantom({ count: DISTINCT_SLICES, size: 512, seed: 1 });
  const shape = [512, 512, 10 * DISTINCT_SLICES] as const;
  const repeated = new Int16Array(10 * image.data.length);
  const labels = new Uint8Array(repeated.length);
  for (let copy = 0; copy < 10; copy++) {
    repeated.set(image.data, copy * image.data.length);
    labels.set(mask.data, copy * mask.data.length);
  }
  await writeNifti(join(folder, "tr_im.nii.gz"), { ...image, shape, data: repeated });
  await writeNifti(join(folder, "tr_mask.nii.gz"), { ...mask, shape, data: labels });
}

/**
 * An augmented batch and the training step that uses it: what fraction of the time the step waits for
 * batches that are made between steps on the same thread.
 */
async function benchFeeding(own: string, folder: string, repetitions: number): Promise<Row[]> {
  const contenders = [
    { implementation: "layerbook", command: ["node", own, folder, "batch"] },
    { implementation: "layerbook-step", command: ["node", own, folder, "float32"] },
    { implementation: "layerbook-step-bfloat16", command: ["node", own, folder, "bfloat16"] },
  ];
  const name = "augmented batch of 4 at 128x128, and its step of unet";
  const { rows } = await interleave(name, contenders, repetitions);
  const [batch, ...steps] = rows;
  for (const { implementation, medianMs } of steps) {
    const share = (100 * batch.medianMs) / (batch.medianMs + medianMs);
    console.log(`${implementation} waits ${share.toFixed(1)} % of its time`);
  }
  return rows;
}

/**
 * Reading a compressed volume compared with nibabel, augmenting a 369 x 369 pair compared with MONAI, and
 * a batch of four at 128 x 128 as fed to a training step, interleaved on the same machine.
 *
 * @param python an interpreter with bench/requirements.txt
 */
export async function benchData(
  python: string,
  { repetitions, bundle }: BenchOptions,
): Promise<Row[]> {
  const own = bundle("bench/data/layerbookData.ts");
  const peers = join("bench", "data", "peers.py");
  const folder = mkdtempSync(join(tmpdir(), "layerbook-bench-"));
  try {
    await writeVolume(folder);
    const all: Row[] = [];
    for (const [name, work, peer, most] of [
      ["read 512x512x100 .nii.gz", "read", "nibabel", 7],
      ["augment 8 pairs of 369x369", "augment", "monai", Infinity],
    ] as const) {
      const contenders = [
        { implementation: "layerbook", command: ["node", own, folder, work] },
        { implementation: peer, command: [python, peers, folder, work] },
      ];
      const { rows } = await interleave(name, contenders, Math.min(repetitions, most));
      printRatios(rows, "layerbook");
      all.push(...rows);
    }
    all.push(...(await benchFeeding(own, folder, repetitions)));
    return all;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
