import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { DataError } from "../../src/core/errors";
import { createRandom } from "../../src/core/random";
import { readDicomLabels } from "../../src/data/dicom/readDicomLabels";
import { readDicomSeries } from "../../src/data/dicom/readDicomSeries";
import { readMaskPng } from "../../src/data/images/png";
import { readGreyImage } from "../../src/data/images/readGreyImage";
import { readNifti } from "../../src/data/nifti/readNifti";
import { readNpz } from "../../src/data/readNpz";
import { readTorchWeightsFile } from "../../src/engine/weights/torchWeightsFile";
import { mutate } from "./mutate";

/** A format: its valid files, how they are damaged, and the reader. */
interface Format {
  readonly ending: string;
  readonly files: readonly Buffer[];
  readonly read: (path: string) => Promise<unknown>;
  /** Damages the uncompressed content; by default the file itself is damaged. */
  readonly isPacked?: boolean;
}

function goldenFiles(root: string, name: string, pick: (one: Golden) => boolean): Buffer[] {
  const text = readFileSync(join(root, "test", "golden", `${name}.json`), "utf8");
  const { cases } = JSON.parse(text) as { cases: Golden[] };
  return cases
    .filter(pick)
    .flatMap(({ file, files }) => files ?? [file ?? ""])
    .map((base64) => Buffer.from(base64, "base64"));
}

/** The common fields of file fixtures. */
interface Golden {
  readonly name: string;
  readonly kind?: string;
  readonly format?: string;
  readonly file?: string;
  readonly files?: readonly string[];
}

const IS_CODEC = /JPEG|run-length/;
const noWarning = { onUnitGuess: () => undefined, onPlacementIssue: () => undefined };
const readScan = (path: string) => readNifti(path, noWarning);
const readTorch = (path: string): Promise<unknown> =>
  // Asynchronous, so that an error is a rejection, as with the other readers.
  Promise.resolve().then(() => readTorchWeightsFile(path));
/** Reads a segmentation together with its undamaged images. */
function readOnItsImages(root: string): (path: string) => Promise<unknown> {
  const fixture = readFileSync(join(root, "test", "golden", "dicomSegmentation.json"), "utf8");
  const { images } = JSON.parse(fixture) as { images: readonly string[] };
  return async (path) => {
    const folder = `${path}.images`;
    mkdirSync(folder, { recursive: true });
    images.forEach((file, i) => {
      const image = join(folder, `IM${i}`);
      if (!existsSync(image)) writeFileSync(image, Buffer.from(file, "base64"));
    });
    await readDicomLabels(path, folder);
  };
}

/** The formats, with the committed fixtures as valid files. */
export function fuzzFormats(root: string): Readonly<Record<string, Format>> {
  const nifti = goldenFiles(root, "nifti", ({ name }) => !name.includes("packed"));
  return {
    nii: { ending: ".nii", files: nifti, read: readScan },
    "nii.gz": { ending: ".nii.gz", files: nifti.map((file) => gzipSync(file)), read: readScan },
    "nii inside gz": {
      ending: ".nii.gz",
      files: nifti.map((file) => gzipSync(file)),
      read: readScan,
      isPacked: true,
    },
    png: {
      ending: ".png",
      files: goldenFiles(root, "images", ({ format }) => format === "png"),
      read: readMaskPng,
    },
    jpg: {
      ending: ".jpg",
      files: goldenFiles(root, "images", ({ format }) => format === "jpeg"),
      read: readGreyImage,
    },
    dicom: {
      ending: ".dcm",
      files: goldenFiles(root, "dicom", ({ name }) => !IS_CODEC.test(name)),
      read: (path) => readDicomSeries(path),
    },
    "dicom, compressed": {
      ending: ".dcm",
      files: goldenFiles(root, "dicom", ({ name }) => IS_CODEC.test(name)),
      read: (path) => readDicomSeries(path),
    },
    "dicom, without DICM": {
      ending: ".dcm",
      files: goldenFiles(root, "dicom", ({ name }) => /^(implicit|explicit) little/.test(name)).map(
        (file) => file.subarray(132),
      ),
      read: (path) => readDicomSeries(path),
    },
    "dicom, unknown sequence": {
      ending: ".dcm",
      files: goldenFiles(root, "dicom", ({ name }) => /sequence|LUT/.test(name)),
      read: (path) => readDicomSeries(path),
    },
    "dicom segmentation": {
      ending: ".dcm",
      files: goldenFiles(root, "dicomSegmentation", () => true),
      read: readOnItsImages(root),
    },
    npz: {
      ending: ".npz",
      files: goldenFiles(root, "npz", () => true),
      read: (path) => readNpz(path, noWarning),
    },
    pth: {
      ending: ".pth",
      files: goldenFiles(root, "torchWeights", ({ kind }) => kind === "zip"),
      read: readTorch,
    },
    "pth, legacy": {
      ending: ".pth",
      files: goldenFiles(root, "torchWeights", ({ kind }) => kind === "legacy"),
      read: readTorch,
    },
  };
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The results of a format's files. */
export interface FuzzResult {
  readonly values: number;
  readonly refusals: number;
  /** Results other than a value or a DataError that names the file, and reads that took too long. */
  readonly faults: readonly string[];
  readonly slowestMs: number;
}

/** More processor time than this counts as a hang; wall-clock time would include other processes. */
const MAX_MS = 2000;
/** Holding more memory than this after reading a file of a few hundred bytes counts as a fault. */
const MAX_HELD_BYTES = 256 * 2 ** 20;

/**
 * Damages files of a format and reads each.
 *
 * @param count how many
 * @param seed the same seed gives the same damage
 */
export async function fuzzFormat(format: Format, count: number, seed: number): Promise<FuzzResult> {
  const folder = mkdtempSync(join(tmpdir(), "layerbook-fuzz-"));
  const faults: string[] = [];
  let [values, refusals, slowestMs] = [0, 0, 0];
  try {
    const path = join(folder, `file${format.ending}`);
    for (let index = 0; index < count; index++) {
      const random = createRandom(seed).fork(index);
      const sound = random.choice(format.files);
      const damaged = format.isPacked
        ? gzipSync(mutate(random, gunzipSync(sound)))
        : mutate(random, sound);
      writeFileSync(path, damaged);
      const start = processorMs();
      const outcome = await format.read(path).then(
        () => null,
        (error: unknown) => error,
      );
      const ms = processorMs() - start;
      slowestMs = Math.max(slowestMs, ms);
      if (outcome === null) values++;
      else if (outcome instanceof DataError && outcome.message.includes(path)) refusals++;
      else faults.push(`${index}: ${outcome instanceof Error ? outcome.stack : "not an Error"}`);
      if (ms > MAX_MS) faults.push(`${index}: ${ms.toFixed(0)} ms`);
      const { arrayBuffers } = process.memoryUsage();
      if (arrayBuffers > MAX_HELD_BYTES) faults.push(`${index}: ${arrayBuffers} bytes held`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { values, refusals, faults, slowestMs };
}
