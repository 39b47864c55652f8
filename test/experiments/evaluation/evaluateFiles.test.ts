import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDicomSeries } from "../../../src/data/dicom/readDicomSeries";
import { writeDicomLabels } from "../../../src/data/dicom/writeDicomLabels";
import { writeMaskPng } from "../../../src/data/images/png";
import { writeNifti } from "../../../src/data/nifti/writeNifti";
import type { Volume } from "../../../src/data/types";
import { evaluateFiles } from "../../../src/experiments/evaluation/evaluateFiles";
import segmentations from "../../golden/dicomSegmentation.json";
import { refusal } from "../../support/refusal";
import { tempFolder } from "../../support/tempFolder";

const folder = tempFolder();

/** Labels of 4 x 3 x 2 voxels in R, A, S; no two axes or directions are alike. */
const truth: Volume<Uint8Array> = {
  shape: [4, 3, 2],
  data: Uint8Array.from({ length: 24 }, (_, i) => ([0, 1, 5, 7, 14, 23].includes(i) ? 1 : 0)),
  affine: [0.8, 0, 0, -3, 0, 0.7, 0, 5, 0, 0, 4, 9, 0, 0, 0, 1],
  spacingMm: [0.8, 0.7, 4],
  unit: "grey8",
  source: "truth",
};

/** The same mask in L, P, S. */
function inLps(): Volume<Uint8Array> {
  const affine = [...truth.affine];
  [affine[0], affine[3]] = [-0.8, -3 + 0.8 * 3];
  [affine[5], affine[7]] = [-0.7, 5 + 0.7 * 2];
  const data = truth.data.map((_, i) => {
    const [x, y, z] = [i % 4, Math.floor(i / 4) % 3, Math.floor(i / 12)];
    return truth.data[3 - x + 4 * (2 - y + 3 * z)];
  });
  return { ...truth, affine, data };
}

async function write(name: string, volume: Volume<Uint8Array>): Promise<string> {
  const path = join(folder, name);
  await writeNifti(path, volume);
  return path;
}

describe("evaluateFiles", () => {
  it.each(["slice", "volume"] as const)("compares by position, per %s", async (per) => {
    const paths = {
      truth: await write("truth.nii", truth),
      prediction: await write("p.nii", inLps()),
    };
    const { summary, records } = await evaluateFiles({ ...paths, per });
    expect(summary.dice).toBe(1);
    for (const { classes } of records) expect(classes[1].hd95).toBe(0);
  });

  it.each(["slice", "volume"] as const)(
    "rejects another position or spacing, per %s",
    async (per) => {
      const at = await write("truth.nii", truth);
      const moved = truth.affine.map((value, entry) => (entry === 3 ? value + 100 : value));
      const prediction = await write("moved.nii", { ...truth, affine: moved });
      expect(await refusal(evaluateFiles({ truth: at, prediction, per }))).toMatch(
        /moved.nii: expected the grid of truth.nii.*its centre 100.00 mm .*--resample/,
      );
      const wide = truth.affine.map((value, entry) =>
        entry < 11 && entry % 4 < 3 ? value * 2 : value,
      );
      const wider = await write("wide.nii", { ...truth, affine: wide });
      expect(await refusal(evaluateFiles({ truth: at, prediction: wider, per }))).toMatch(
        /got 4 x 3 x 2 voxels of 1.6 x 1.4 x 8 mm/,
      );
      const { summary } = await evaluateFiles({ truth: at, prediction, per, resample: true });
      expect(summary.dice).toBe(0);
    },
  );

  it("rejects volumes with gantry tilt, and scores their slices", async () => {
    const affine = truth.affine.map((value, entry) => (entry === 6 ? 1.2 : value));
    const path = await write("tilted.nii", { ...truth, affine });
    const both = { truth: path, prediction: path };
    expect(await refusal(evaluateFiles({ ...both, per: "volume" }))).toMatch(/gantry tilt.*--per/);
    expect((await evaluateFiles(both)).summary.dice).toBe(1);
  });

  it("names truths without prediction, or scores them as empty", async () => {
    const [truths, predictions] = [join(folder, "truths"), join(folder, "predictions")];
    const plane = { height: 2, width: 2, data: Uint8Array.of(0, 1, 1, 0) };
    for (const name of ["a", "b", "c"]) await writeMaskPng(join(truths, `${name}.png`), plane);
    await writeMaskPng(join(predictions, "b.png"), plane);
    const options = { truth: truths, prediction: predictions };
    expect(await refusal(evaluateFiles(options))).toMatch(
      /predictions: expected a prediction for each of the 3 truths, got none for a.png, c.png. .*--missing empty/,
    );
    const { summary } = await evaluateFiles({ ...options, missing: "empty" });
    expect(summary.dice).toBeCloseTo(1 / 3, 12);
    expect(summary.perClass[1].whereTruth.hd95.infiniteCount).toBe(2);
    await writeMaskPng(join(predictions, "d.png"), plane);
    expect(await refusal(evaluateFiles(options))).toMatch(
      /d.png: expected a truth of the same name/,
    );
  });

  it("leaves out no mask with another name, only scans that have one", async () => {
    const plane = { height: 1, width: 2, data: Uint8Array.of(0, 1) };
    const write = (...names: string[]) =>
      Promise.all(names.map((name) => writeMaskPng(join(folder, name), plane)));
    await write("named/a.png", "named/a_mask.png", "foreseen/a_pred.png");
    const options = { truth: join(folder, "named"), prediction: join(folder, "foreseen") };
    expect((await evaluateFiles(options)).records).toHaveLength(1);
    await write("named/b.png");
    expect(await refusal(evaluateFiles(options))).toMatch(
      /named: expected masks only, or scans with their masks, got b.png without mask beside a_mask/,
    );
  });

  it("rejects two predictions for one truth", async () => {
    const [truths, predictions] = [join(folder, "one"), join(folder, "two")];
    const plane = { height: 1, width: 2, data: Uint8Array.of(0, 1) };
    await writeMaskPng(join(truths, "a.png"), plane);
    for (const name of ["a_mask", "a_seg"])
      await writeMaskPng(join(predictions, `${name}.png`), plane);
    expect(await refusal(evaluateFiles({ truth: truths, prediction: predictions }))).toMatch(
      /a.png: expected one prediction, got a_mask.png and a_seg.png/,
    );
  });

  it("reads nnU-Net's labels with their class names, and maps values", async () => {
    const labels = join(folder, "nnunet", "labelsTr");
    mkdirSync(labels, { recursive: true });
    await write("nnunet/labelsTr/lung_001.nii.gz", truth);
    await write("guess/lung_001_0000.nii.gz", {
      ...truth,
      data: truth.data.map((label) => label * 255),
    });
    writeFileSync(
      join(folder, "nnunet", "dataset.json"),
      JSON.stringify({ labels: { background: 0, cancer: 1 } }),
    );
    const { summary } = await evaluateFiles({
      truth: join(folder, "nnunet"),
      prediction: join(folder, "guess"),
      labels: { 255: 1, 1: 1 },
    });
    expect([summary.dice, summary.perClass[1].name]).toEqual([1, "cancer"]);
  });

  it("scores folders of DICOM segmentations by segment names, on the given images", async () => {
    const images = join(folder, "dicom");
    mkdirSync(images);
    segmentations.images.forEach((file, i) =>
      writeFileSync(join(images, `IM${i}`), Buffer.from(file, "base64")),
    );
    const scan = await readDicomSeries(images);
    const labels = Uint8Array.from(scan.data, (_, i) => [0, 0, 1, 2][i % 4]);
    const turned = labels.map((label) => [0, 2, 1][label]);
    const write = async (name: string, data: Uint8Array, ...names: string[]): Promise<void> => {
      mkdirSync(join(folder, name), { recursive: true });
      const classNames = ["background", ...names];
      await writeDicomLabels(join(folder, name, "a.dcm"), { ...scan, data }, images, {
        classNames,
      });
    };
    await write("seg-truths", labels, "nodule", "cyst");
    await write("seg-guesses", turned, "cyst", "nodule");
    const options = { truth: join(folder, "seg-truths"), prediction: join(folder, "seg-guesses") };
    expect(await refusal(evaluateFiles(options))).toMatch(
      /images that a DICOM segmentation was made/,
    );
    const { summary } = await evaluateFiles({ ...options, images });
    expect(summary.dice).toBe(1);
    expect(summary.perClass.map(({ name }) => name)).toEqual(["background", "nodule", "cyst"]);
    // The user's names are matched by number.
    const classNames = ["background", "one", "two"];
    expect((await evaluateFiles({ ...options, images, classNames })).summary.dice).toBe(0);
    // A class that the truth does not have counts as another class, with errors.
    await write("seg-others", labels, "nodule", "vessel");
    const others = { ...options, prediction: join(folder, "seg-others"), images };
    const found = (await evaluateFiles(others)).summary;
    expect(found.perClass.map(({ name }) => name).slice(1)).toEqual(["nodule", "cyst", "vessel"]);
    expect(found.dice).toBeCloseTo(0.5, 12);
  });
});
