import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encode } from "fast-png";
import {
  readMaskPng,
  readNifti,
  readNiftiLabels,
  writeMaskPng,
  writeNifti,
  writePhantom,
} from "../../src/data";
import { readDicomLabels } from "../../src/data/dicom/readDicomLabels";
import series from "../golden/dicom.json";
import segmentations from "../golden/dicomSegmentation.json";
import { discSamples } from "../experiments/support/samples";
import { buildCli } from "../support/buildCli";
import type { BuiltCli, CliResult } from "../support/buildCli";
import { writeImageFolder } from "../support/imageFolder";
import { textInDicom } from "../support/textInDicom";

let folder: string;
let cli: BuiltCli;
const at = (...names: string[]): string => join(folder, ...names);
/** Few steps, since the form of the result matters here, not its quality. */
const TINY = ["--preset", "smoke", "--size", "16", "--epochs", "1", "--no-compiled"];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "layerbook-cli-"));
  cli = await buildCli();
  await writeImageFolder(at("data"), discSamples(12, 24));
  const trained = await cli.run([
    ...["train", "--data", at("data"), "--model", "unet", "--out", at("run"), "--json", ...TINY],
  ]);
  expect(trained.code).toBe(0);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await cli.remove();
});

/** A hash of every file under a folder, by its path. */
async function snapshot(path: string): Promise<string[]> {
  const names = await readdir(path, { recursive: true, withFileTypes: true });
  const files = names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.sort().map(
      async (file) =>
        `${file} ${createHash("sha256")
          .update(await readFile(file))
          .digest("hex")}`,
    ),
  );
}

function lines({ stderr }: CliResult): string[] {
  return stderr.split("\n").filter((line) => line !== "");
}

describe("a DICOM series", () => {
  const write = async (name: string, files: readonly string[]): Promise<void> => {
    await mkdir(at("dicom"), { recursive: true });
    for (const [i, file] of files.entries()) {
      await writeFile(at("dicom", `${name}${i}`), Buffer.from(file, "base64"));
    }
  };

  it("is predicted to a segmentation, which evaluate reads with its images", async () => {
    await write("IM", segmentations.images);
    const predict = ["predict", "--model", at("run"), "--input", at("dicom")];
    const own = await cli.run([...predict, "--output", at("own", "mask.dcm"), "--json"]);
    expect(own.stderr).not.toMatch(/^layerbook/m);
    expect(own.code).toBe(0);
    const nifti = await cli.run([...predict, "--output", at("own", "mask.nii.gz"), "--json"]);
    expect(nifti.code).toBe(0);
    const { mask, classNames } = await readDicomLabels(at("own", "mask.dcm"), at("dicom"));
    const same = await readNiftiLabels(at("own", "mask.nii.gz"));
    expect(Array.from(mask.data)).toEqual(Array.from(same.data));
    // The run was trained on pictures, which have no class names.
    expect(classNames[1]).toBe("class 1");
    const evaluate = [
      ...["evaluate", "--prediction", at("own", "mask.dcm"), "--truth", at("own", "mask.nii.gz")],
      ...["--per", "slice", "--json"],
    ];
    const without = await cli.run(evaluate);
    expect(without.code).toBe(2);
    expect(without.stderr).toMatch(/the images that a DICOM segmentation was made on.*--images/);
    expect((await cli.run([...evaluate, "--images", at("dicom")])).code).toBe(0);
  });

  it("is chosen by --series on every command, and the error lists the choices", async () => {
    await write("OTHER", series.cases[0].files);
    await writeFile(at("dicom", "SEG"), Buffer.from(segmentations.cases[0].file, "base64"));
    const predict = ["predict", "--model", at("run"), "--input", at("dicom"), "--output"];
    const asked = await cli.run([...predict, at("chosen")]);
    expect(asked.code).toBe(2);
    expect(lines(asked)).toHaveLength(1);
    expect(asked.stderr).toMatch(/2 series: 1\.2\.7\.1 \(number 2, CT, .*1\.2\.3 .*--series/);
    const chosen = await cli.run([...predict, at("chosen"), "--series", "1.2.7.1"]);
    expect(chosen.code).toBe(0);
    expect(await readdir(at("chosen"))).toEqual(["dicom.nii.gz"]);
    const trained = await cli.run([
      ...["train", "--data", at("dicom"), "--series", "2", "--model", "unet", "--json"],
      ...["--out", at("dicom-run"), "--test-fraction", "0", ...TINY],
    ]);
    // One patient cannot be split, so this error shows that the series was read with its mask.
    expect(trained.stderr).toMatch(/left out 4 files/);
    expect(trained.stderr).not.toMatch(/a mask for every slice|2 series/);
    const nifti = await cli.run([...predict, at("x"), "--input", at("data"), "--series", "3"]);
    expect(nifti.stderr).toMatch(/expected a DICOM folder, to take the series 3 from/);
  });

  it("is predicted and scored per patient folder, with the segmentations beside the series", async () => {
    const list = segmentations.images.map((file) => Buffer.from(file, "base64"));
    for (const [n, name] of ["anna", "bert"].entries()) {
      const ids = { "00100020": name, "0020000d": `1.9.${n}`, "0020000e": `1.8.${n}` };
      await mkdir(at("patients", name, "SE0"), { recursive: true });
      for (const [i, file] of list.entries()) {
        await writeFile(at("patients", name, "SE0", `IM${i}`), textInDicom(file, ids));
      }
    }
    const predict = ["predict", "--model", at("run"), "--input"];
    const all = await cli.run([...predict, at("patients"), "--output", at("all")]);
    expect(all.stdout).toMatch(/10 slices segmented: 2 masks in/);
    expect((await readdir(at("all"))).sort()).toEqual(["anna.nii.gz", "bert.nii.gz"]);
    // There is one true mask per patient, beside the images; the predictions are in a separate folder.
    for (const name of ["anna", "bert"]) {
      const input = [...predict, at("patients", name, "SE0"), "--output"];
      await cli.run([...input, at("patients", name, "SEG.dcm")]);
      await cli.run([...input, at("segs", `${name}.dcm`)]);
    }
    const evaluate = ["evaluate", "--truth", at("patients"), "--json"];
    for (const prediction of [at("segs"), at("all"), at("patients")]) {
      const scored = await cli.run([...evaluate, "--prediction", prediction]);
      expect(scored.stderr).toBe("");
      const { cases } = JSON.parse(scored.stdout) as { cases: { id: string; accuracy: number }[] };
      expect(cases.map(({ id }) => id)).toEqual(
        ["anna", "bert"].flatMap((name) => [0, 1, 2, 3, 4].map((slice) => `${name}-${slice}`)),
      );
      expect(cases.every(({ accuracy }) => accuracy === 1)).toBe(true);
    }
    await rm(at("segs", "bert.dcm"));
    const missing = await cli.run([...evaluate, "--prediction", at("segs")]);
    expect(missing.stderr).toMatch(/a prediction for each of the 2 truths, got none for bert\.dcm/);
    const alone = await cli.run([
      ...["evaluate", "--truth", at("segs"), "--prediction", at("segs"), "--json"],
    ]);
    expect(alone.stderr).toMatch(/the images that a DICOM segmentation was made on, got none/);
  }, 120_000);

  it("gets no segmentation for a NIfTI scan", async () => {
    await writePhantom(at("scan"), { count: 1, size: 24, seed: 1 });
    const input = at("scan", (await readdir(at("scan"))).find((name) => !/mask/.test(name)) ?? "");
    const refused = await cli.run([
      ...["predict", "--model", at("run"), "--input", input, "--output", at("mask.dcm")],
    ]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/a name that ends in \.nii.*refers to a DICOM series/);
  });
});

describe("train", () => {
  it("loads a run that is finished, and prints only JSON on stdout", async () => {
    const again = await cli.run([
      ...["train", "--data", at("data"), "--model", "unet", "--out", at("run"), "--json", ...TINY],
    ]);
    expect(again.code).toBe(0);
    const result = JSON.parse(again.stdout) as {
      record: { result: { steps: number }; data: Record<string, unknown> };
      test: { cases: number };
    };
    expect(result.record.data).toMatchObject({ source: at("data"), testCases: 2 });
    expect(result.test.cases).toBe(2);
    expect((await readdir(at("run"))).sort()).toEqual([
      "manifest.json",
      "run.json",
      "split.json",
      "weights.safetensors",
    ]);
  });

  it("rejects a folder that holds another run", async () => {
    const other = await cli.run([
      ...["train", "--data", at("data"), "--model", "ma", "--out", at("run"), ...TINY],
    ]);
    expect(other.code).toBe(2);
    expect(lines(other)).toEqual([
      expect.stringMatching(
        /expected an empty folder or a run with model ma, got a run with model unet/,
      ),
    ]);
  });

  it("gives a folder that two commands use at once to only one", async () => {
    const train = (seed: string) =>
      cli.run([
        ...["train", "--data", at("data"), "--model", "unet", "--out", at("both")],
        ...["--seed", seed, "--json", ...TINY],
      ]);
    const results = await Promise.all([train("1"), train("2")]);
    const [done, ...alsoDone] = results.filter(({ code }) => code === 0);
    const [refused] = results.filter(({ code }) => code === 2);
    expect(alsoDone).toEqual([]);
    expect(lines(refused)).toEqual([
      expect.stringMatching(/in use by process \d+ on|got a run with setting seed/),
    ]);
    const { record } = JSON.parse(done.stdout) as { record: { config: { seed: number } } };
    const [split] = JSON.parse(await readFile(at("both", "split.json"), "utf8")) as [
      { seed: number },
    ];
    expect(split.seed).toBe(record.config.seed);
  }, 60_000);
});

describe("one volume with a black-and-white mask on another grid", () => {
  const reading = [
    ...["--labels", "255=1", "--classes", "background,lesion", "--unit", "HU", "--resample"],
  ];

  beforeAll(async () => {
    const grid = (shape: readonly [number, number, number], mm: number) => ({
      ...{ shape, spacingMm: [mm, mm, 5] as const, source: "" },
      affine: [mm, 0, 0, 0, 0, mm, 0, 0, 0, 0, 5, 0, 0, 0, 0, 1],
    });
    const voxels = 24 * 24 * 8;
    const image = Float32Array.from({ length: voxels }, (_, i) => ((i * i * 37) % 1400) - 1000);
    const mask = Uint8Array.from({ length: 12 * 12 * 8 }, (_, i) => (i % 12 < 5 ? 255 : 0));
    await mkdir(at("volume"));
    await writeNifti(at("volume", "ct.nii.gz"), {
      ...{ ...grid([24, 24, 8], 1), data: image, unit: "HU" },
    });
    await writeNifti(at("volume", "ct_mask.nii.gz"), {
      ...{ ...grid([12, 12, 8], 2), data: mask, unit: "grey8" },
    });
  });

  it("is read the same way by train and by every process of a study, which describe the split", async () => {
    const note = /Split by slices of one volume \(volume\)\. If it is one patient's/;
    const refused = await cli.run(["train", "--data", at("volume"), "--out", at("v"), ...TINY]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/--resample|--labels/);
    const trained = await cli.run([
      ...[
        "train",
        "--data",
        at("volume"),
        "--model",
        "unet",
        "--out",
        at("v"),
        ...TINY,
        ...reading,
      ],
    ]);
    expect(trained.code).toBe(0);
    expect(trained.stdout).toMatch(note);
    const run = JSON.parse(await readFile(at("v", "run.json"), "utf8")) as {
      data: { splitNote: string };
      classNames: string[];
    };
    expect(run.data.splitNote).toMatch(note);
    expect(run.classNames).toEqual(["background", "lesion"]);
    const compared = await cli.run([
      ...["compare", "--data", at("volume"), "--models", "unet", "--augmentation", "none"],
      ...["--out", at("study"), ...TINY, ...reading],
    ]);
    expect(compared.code).toBe(0);
    expect(compared.stdout).toMatch(note);
    expect(await readFile(at("study", "table1.md"), "utf8")).toMatch(note);
    expect(await readFile(at("study", "table1.tex"), "utf8")).toMatch(note);
    const report = await cli.run(["report", at("v")]);
    expect(report.code).toBe(0);
    expect(await readFile(at("v", "report.html"), "utf8")).toMatch(/Split by slices of one volume/);
  }, 120_000);

  it("does not apply to the phantom", async () => {
    const refused = await cli.run(["train", "--out", at("p"), "--unit", "HU", ...TINY]);
    expect(refused.code).toBe(2);
    expect(lines(refused)).toEqual([expect.stringMatching(/config\.data\.unit: .*--data/)]);
  });
});

describe("predict", () => {
  it("makes palette PNGs with the stems and sizes of an image folder", async () => {
    const { code, stdout } = await cli.run([
      ...["predict", "--model", at("run"), "--input", at("data"), "--output", at("masks")],
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/12 slices segmented: 12 masks in/);
    const names = await readdir(at("masks"));
    expect(names.sort()).toEqual((await readdir(at("data", "images"))).sort());
    const mask = await readMaskPng(at("masks", names[0]), { numClasses: 4 });
    expect([mask.height, mask.width]).toEqual([24, 24]);
    // Byte 25 of a PNG is its colour type; 3 is palette.
    expect((await readFile(at("masks", names[0])))[25]).toBe(3);
  });

  it("makes a NIfTI file with the scan's shape and affine", async () => {
    const { imagePath } = await writePhantom(at("phantom"), { count: 2, size: 40, seed: 3 });
    const named = at("mask-of-scan.nii.gz");
    const { code, stdout } = await cli.run([
      ...["predict", "--model", at("run"), "--input", imagePath, "--output", named, "--json"],
    ]);
    expect(code).toBe(0);
    const scan = await readNifti(imagePath);
    const mask = await readNiftiLabels(named);
    expect([mask.shape, mask.affine, mask.spacingMm]).toEqual([
      scan.shape,
      scan.affine,
      scan.spacingMm,
    ]);
    const [file] = (JSON.parse(stdout) as { files: { pixels: number[]; output: string }[] }).files;
    expect(file.output).toBe(named);
    expect(file.pixels.reduce((sum, count) => sum + count, 0)).toBe(40 * 40 * 2);
  });

  it("never overwrites its own scan", async () => {
    const { imagePath } = await writePhantom(at("kept"), { count: 1, size: 24, seed: 3 });
    const before = await readFile(imagePath);
    for (const output of [imagePath, at("kept")]) {
      const refused = await cli.run([
        ...["predict", "--model", at("run"), "--input", imagePath, "--output", output],
      ]);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(
        /tr_im\.nii\.gz: .*which would be overwritten\. Choose another output path/,
      );
    }
    expect((await readFile(imagePath)).equals(before)).toBe(true);
  });
});

describe("export", () => {
  it("writes a run for the web, with float16 weights on request", async () => {
    const half = ["--to", "web", "--weights", "float16", "--json"];
    const { code, stdout } = await cli.run([
      ...["export", at("run"), "--output", at("web")],
      ...half,
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      files: ["model.json", "preprocessing.json", "weights-1of1.bin"],
      preprocessing: { model: "unet", size: 16, weights: { dtype: "float16" } },
    });
    expect((await readdir(at("web"))).length).toBe(3);
  });

  it.each([
    [["--to", "html"], /expected a notebook \(\.ipynb\) for --to html, got another path/],
    [["--to", "web", "--execute"], /expected no --execute with --to web/],
    [["--to", "saved-model", "--weights", "float16"], /expected no --weights with --to saved/],
  ])("rejects %s for a run", async (options, message) => {
    const { code, stderr } = await cli.run(["export", at("run"), ...options]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) as string });
  });
});

describe("phantom", () => {
  it("writes a pair that evaluate reads", async () => {
    const args = ["phantom", "--out", at("written"), "--count", "3", "--size", "64", "--json"];
    const written = await cli.run(args);
    const { maskPath } = JSON.parse(written.stdout) as { maskPath: string };
    const scored = await cli.run(["evaluate", "--prediction", maskPath, "--truth", maskPath]);
    expect([written.code, scored.code]).toEqual([0, 0]);
    const before = await readFile(maskPath);
    const again = await cli.run([...args, "--seed", "2"]);
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(
      /tr_im\.nii\.gz: .*which would be replaced, and 1 more\. Choose another/,
    );
    expect((await readFile(maskPath)).equals(before)).toBe(true);
  });
});

describe("evaluate", () => {
  it("gives a perfect score for equal masks", async () => {
    const data = Uint8Array.of(0, 1, 1, 2);
    await mkdir(at("truth"), { recursive: true });
    await writeMaskPng(at("truth", "a.png"), { height: 2, width: 2, data });
    await writeMaskPng(at("half", "a.png"), {
      height: 2,
      width: 2,
      data: Uint8Array.of(0, 1, 0, 2),
    });
    const evaluate = async (prediction: string) => {
      const { code, stdout } = await cli.run([
        ...["evaluate", "--prediction", prediction, "--truth", at("truth"), "--json"],
      ]);
      expect(code).toBe(0);
      return (JSON.parse(stdout) as { summary: Record<string, number> }).summary;
    };
    expect(await evaluate(at("truth"))).toMatchObject({ dice: 1, accuracy: 1, precision: 1 });
    // Class 1: 2·1 / (2 + 1) = 2/3; class 2: 1.
    const half = await evaluate(at("half"));
    expect(half["dice"]).toBeCloseTo((2 / 3 + 1) / 2, 12);
    expect(half["accuracy"]).toBe(0.75);
  });
});

describe("bad input", () => {
  const trainOn = (data: string) => ["train", "--data", data, "--out", at("bad-run"), ...TINY];
  /** Predicts a NIfTI scan to a mask with an invalid name. */
  const named = (ending: string): [string, () => string[], RegExp] => [
    `a mask named ${ending}`,
    () => [
      ...["predict", "--model", at("run"), "--input", at("small", "tr_im.nii.gz")],
      ...["--output", at(`m${ending}`)],
    ],
    /m\.[a-z]+: expected a name that ends in \.nii or \.nii\.gz, or a folder, got a \.[a-z]+ name/,
  ];
  const predictFrom = (input: string) => [
    ...["predict", "--model", at("run"), "--input", input, "--output", at("bad-masks")],
  ];

  beforeAll(async () => {
    await cp(at("run"), at("stopped"), { recursive: true });
    const record = (await readFile(at("run", "run.json"), "utf8")).replace(
      '"ended": "completed"',
      '"ended": "interrupted"',
    );
    await writeFile(at("stopped", "run.json"), record);
    await mkdir(at("empty"));
    await mkdir(at("notes"));
    await writeFile(at("notes", "monday.txt"), "call the clinic");
    const { imagePath, maskPath } = await writePhantom(at("small"), {
      count: 2,
      size: 32,
      seed: 1,
    });
    const scan = await readFile(imagePath);
    await mkdir(at("truncated"));
    await writeFile(at("truncated", "tr_im.nii.gz"), scan.subarray(0, scan.length >> 1));
    await copyFile(maskPath, at("truncated", "tr_mask.nii.gz"));
    await mkdir(at("other-size"));
    await copyFile(imagePath, at("other-size", "tr_im.nii.gz"));
    const { maskPath: larger } = await writePhantom(at("large"), { count: 2, size: 40, seed: 1 });
    await copyFile(larger, at("other-size", "tr_mask.nii.gz"));
    await mkdir(at("range"));
    await copyFile(imagePath, at("range", "tr_im.nii.gz"));
    const mask = await readNiftiLabels(maskPath);
    mask.data[77] = 9;
    await writeNifti(at("range", "tr_mask.nii.gz"), mask);
    await mkdir(at("pair"));
    for (const name of ["a.hdr", "a.img"]) await writeFile(at("pair", name), "x");
    await copyFile(maskPath, at("pair", "b.nii.gz"));
    await symlink(at("nothing"), at("broken.nii.gz"));
    await mkdir(at("deep", "images"), { recursive: true });
    await writeFile(
      at("deep", "images", "a.png"),
      encode({ width: 4, height: 4, data: new Uint16Array(16), depth: 16, channels: 1 }),
    );
  });

  it.each([
    [
      "a missing file",
      () => trainOn(at("nowhere")),
      /nowhere: expected .*, got nothing at that path/,
    ],
    ["an empty folder", () => trainOn(at("empty")), /empty: expected .*, got an empty folder/],
    ["a folder of notes", () => trainOn(at("notes")), /notes: expected .*monday\.txt/],
    ["a truncated .nii.gz", () => trainOn(at("truncated")), /truncated\/tr_im\.nii\.gz/],
    [
      "a mask of another size",
      () => trainOn(at("other-size")),
      /32 x 32 x 2 voxels .*, got 40 x 40 x 2/,
    ],
    ["a label out of range", () => trainOn(at("range")), /expected a label from 0 to 3, got 9/],
    [
      "images without masks",
      () => trainOn(at("data", "images")),
      /expected a mask for every slice/,
    ],
    ["a 16-bit PNG", () => predictFrom(at("deep")), /a\.png: expected an 8-bit grey image/],
    ["a scan that is missing", () => predictFrom(at("nowhere")), /nowhere: .*nothing at that path/],
    ["a truncated scan", () => predictFrom(at("truncated")), /truncated\/tr_im\.nii\.gz/],
    [
      "a run that is none",
      () => ["predict", "--model", at("data"), "--input", at("data"), "--output", at("bad-masks")],
      /data: expected a folder with a finished run/,
    ],
    [
      "a run that was stopped early",
      () => [
        ...["predict", "--model", at("stopped"), "--input", at("data")],
        ...["--output", at("bad-masks")],
      ],
      /stopped: expected a folder with a finished run, got one that was stopped after 1 of 1 epochs/,
    ],
    [
      "one NIfTI name for a folder of images",
      () => ["predict", "--model", at("run"), "--input", at("data"), "--output", at("bad.nii.gz")],
      /bad\.nii\.gz: expected a folder for the masks/,
    ],
    named(".mha"),
    named(".img"),
    named(".txt"),
    named(".png"),
    [
      "half a pair to evaluate",
      () => ["evaluate", "--prediction", at("pair", "a.hdr"), "--truth", at("pair", "a.hdr")],
      /a\.hdr: expected a mask: NIfTI .*, got half of a pair of \.hdr and \.img .*Convert the pair/,
    ],
    [
      "a folder of masks with half a pair",
      () => ["evaluate", "--prediction", at("pair"), "--truth", at("pair")],
      /pair\/a\.hdr: expected masks: .*, got half of a pair/,
    ],
    [
      "a link that leads nowhere",
      () => predictFrom(at("broken.nii.gz")),
      /broken\.nii\.gz: expected .*, got a link whose target does not exist/,
    ],
    [
      "masks of another size",
      () => ["evaluate", "--prediction", at("small"), "--truth", at("large")],
      /expected the grid of tr_mask.nii.gz, 40 x 40 x 2 .*, got 32 x 32 x 2/,
    ],
    [
      "a prediction without a truth",
      () => ["evaluate", "--prediction", at("data", "masks"), "--truth", at("small")],
      /disc-0\.png: expected a truth of the same name/,
    ],
    [
      "a model that is none",
      () => [...trainOn(at("data")), "--model", "vnet"],
      /expected one of unet, residualAttentionUnet.*, got "vnet"/,
    ],
    ["a preset that is none", () => [...trainOn(at("data")), "--preset", "fast"], /one of smoke/],
    [
      "a loss that is none",
      () => [...trainOn(at("data")), "--loss", "hinge"],
      /config\.loss\.name: expected .*crossEntropy.*hinge/,
    ],
    [
      "a setting that is none",
      () => [...trainOn(at("data")), "--set", "optimizer.learnigRate=1"],
      /config\.optimizer: expected one of .*got "learnigRate"\. Did you mean "learningRate"\?/,
    ],
    [
      "a settings file that is not JSON",
      () => [...trainOn(at("data")), "--config", at("notes", "monday.txt")],
      /monday\.txt: expected settings as a JSON object, got text that is not JSON/,
    ],
    [
      "an option that is none",
      () => ["train", "--out", "x", "--outt", "x"],
      /unknown option '--outt'/,
    ],
    [
      "a number that is none",
      () => ["train", "--out", "x", "--epochs", "many"],
      /expected a number, got "many"/,
    ],
  ])(
    "%s: one line, exit 2, nothing written",
    async (_, args, message) => {
      const before = await snapshot(folder);
      const result = await cli.run(args());
      expect(result.code).toBe(2);
      expect(result.stdout).toBe("");
      expect(lines(result)).toHaveLength(1);
      expect(lines(result)[0]).toMatch(message);
      expect(await snapshot(folder)).toEqual(before);
      for (const output of ["bad-run", "bad-masks"]) expect(existsSync(at(output))).toBe(false);
    },
    60_000,
  );

  it("explains how to write an ablation's values", async () => {
    const { code, stderr } = await cli.run(["ablate", "--out", "x", "--values", "numHashes"]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("such as numHashes=1,4") as string,
    });
  });

  it("rejects --fold without --split", async () => {
    const { code, stderr } = await cli.run([...trainOn("phantom"), "--fold", "2"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^layerbook: --fold: expected --split FILE/);
  });

  it("shows the stack trace only with --verbose", async () => {
    const result = await cli.run([...trainOn(at("nowhere")), "--verbose"]);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/DataError: .*\n +at /);
  });
});

describe("config", () => {
  it("prints a complete configuration for --config, including flags and --set", async () => {
    const printed = await cli.run([
      ...["config", "smoke", "--epochs", "2", "--loss", "dice", "--no-compiled"],
      ...["--set", "optimizer.clipNorm=null", "--set", "model.attentionLevels=[0,2]"],
    ]);
    expect(printed.code).toBe(0);
    const config = JSON.parse(printed.stdout) as Record<string, unknown>;
    expect(config).toMatchObject({
      preset: "smoke",
      size: 64,
      epochs: 2,
      compiled: false,
      loss: { name: "dice", isBatchwise: false },
      optimizer: { learningRate: 0.005, clipNorm: null },
      model: { filters: 8, attentionLevels: [0, 2] },
    });
    await writeFile(at("config.json"), printed.stdout);
    const again = await cli.run(["config", "--config", at("config.json"), "--json"]);
    expect(JSON.parse(again.stdout)).toEqual(config);
  });
});

describe("runs", () => {
  it("lists trained runs", async () => {
    const { code, stdout } = await cli.run(["runs", "list", folder]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\/run +\| unet +\| smoke +\| finished +\| +1\/1/);
  });
});

describe("help", () => {
  it.each([
    [["--executor", "slurm", "--jobs", "2"], /^layerbook: --jobs: expected --executor local, got/],
    [["--slurm", "--mem=8G"], /^layerbook: --slurm: expected --executor slurm, got/],
    [["--ray", "http://head:8265"], /^layerbook: --ray: expected --executor ray, got/],
    [["--ray-resources", "1,1"], /^layerbook: --ray-resources: expected --executor ray, got/],
    [["--executor", "ray", "--ray-resources", "two"], /Expected CPUs, or CPUs and GPUs/],
    [
      ["--executor", "ray", "--ray", "head:8265"],
      /^layerbook: --ray: .* got "head:8265". Write http:/,
    ],
    [["--mlflow", "head:5000"], /^layerbook: --mlflow: .* got "head:5000". Write http:/],
    [["--models", "unet,"], /Expected distinct values, comma-separated/],
  ])("rejects a study with %j before anything is read", async (options, message) => {
    const { code, stderr } = await cli.run(["compare", "--out", at("never"), ...options]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) as string });
    expect(existsSync(at("never"))).toBe(false);
  });

  it.each(["train", "predict", "evaluate", "compare", "config", "runs list"])(
    "%s says what it takes",
    async (name) => {
      const { code, stdout } = await cli.run([...name.split(" "), "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: layerbook ${name}`);
      expect(stdout).toContain("--json");
    },
    60_000,
  );
});
