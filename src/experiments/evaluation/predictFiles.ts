import { basename, join } from "node:path";
import { fileStem, folderName, listFolder, pathKind } from "../../files/readFiles";
import { readDicomScan } from "../../data/dicom/readDicomSeries";
import { encodeSegmentation } from "../../data/dicom/segmentation/encodeSegmentation";
import { writeMaskPng } from "../../data/images/png";
import { readNifti } from "../../data/nifti/readNifti";
import { writeNifti } from "../../data/nifti/writeNifti";
import { expectUsedOptions } from "../../data/expectUsedOptions";
import { readDataset } from "../../data/readDataset";
import type { IntensityUnit, Plane, SliceCase } from "../../data/types";
import { labelsToVolume, sliceVolume } from "../../data/volumeSlices";
import { createProgress } from "../../display";
import { predictInBatches } from "./evaluateModel";
import type { PredictOptions } from "./evaluateModel";
import { findScans } from "./findScans";
import type { ScanSource } from "./findScans";
import { inferenceOptions } from "./inferenceOptions";
import { IS_DICOM_NAME, outputPlace } from "./maskOutputs";
import { expectRunRecord, loadRun } from "../storage/runs";
import type { Run, RunRecord } from "../storage/runs";
import { expectNoFile } from "../../files/expectNoFile";
import { expectNotInput } from "../../files/expectNotInput";
import { writeFolderWhole, writeWhole } from "../../files/writeWhole";

/** Options of {@link predictFiles}. */
export interface PredictFilesOptions {
  /** A run's folder, or the run itself. */
  readonly run: string | Run;
  /**
   * A NIfTI file, a grey image, a folder of either, a DICOM series (its folder, or one file), or a folder with
   * one of these for each patient; masks beside the scans are not read.
   */
  readonly input: string;
  /**
   * A folder; for one volume also a name that ends in `.nii` or `.nii.gz`, for a DICOM series in `.dcm`,
   * which writes a DICOM segmentation (SEG), for one image in `.png`. A mask has its scan's name; if each patient
   * has a folder, that of the folder for its only scan, or both: `anna.nii.gz`, `bert_ct1.nii.gz`.
   */
  readonly output: string;
  /** Whether to replace existing masks; by default an existing file is an error before any work is done. */
  readonly overwrite?: boolean;
  /** Which DICOM series to read, by UID or number, if the folder has several. */
  readonly series?: string;
  /**
   * The unit of the scan's values; by default the one stated in the file, else the one set in training, else a
   * guess.
   */
  readonly unit?: IntensityUnit;
  /** Number of slices per batch; default 4. */
  readonly batchSize?: number;
  /** Whether to show a progress bar; default true. */
  readonly hasProgress?: boolean;
  /** Called after each batch; if it returns true, nothing is written and the result is empty. */
  readonly shouldStop?: () => boolean;
}

/** A written mask. */
export interface PredictedFile {
  /** The scan's path, or an image's stem. */
  readonly input: string;
  readonly output: string;
  readonly slices: number;
  /** Number of pixels by label, background first. */
  readonly pixels: readonly number[];
}

/** Slices that are predicted together, and how to write their masks. */
interface Scan {
  readonly label: string;
  readonly cases: readonly SliceCase[];
  readonly write: (
    folder: string,
    planes: readonly Plane<Uint8Array>[],
  ) => Promise<PredictedFile[]>;
}

/** Stops the work when the user asks for it. */
class Stopped extends Error {}

/**
 * Segments scan files to mask files: NIfTI to NIfTI with the same affine and shape, images to
 * palette PNGs of the same stem and size, whose indices are the labels, a DICOM series to NIfTI or to a
 * DICOM segmentation that refers to its images.
 *
 * Either all masks are written or none.
 *
 * @returns the masks; none if `shouldStop` returned true
 * @throws DataError for a run or scan that cannot be read; ConfigError for an output that does not match
 *   the input, that already exists, or that is a scan itself
 */
export async function predictFiles(options: PredictFilesOptions): Promise<PredictedFile[]> {
  const { input, series, unit, batchSize, overwrite = false, shouldStop } = options;
  const { classNames, config } = await recordOf(options.run);
  // A scan without a stated unit is assumed to be in the one set in training.
  const unnotedUnit = config.data.unit ?? undefined;
  const sources = await findScans(input);
  const output = await outputPlace(options.output, sources);
  for (const { kind } of sources) expectUsedOptions(input, kind, { series, unit });
  const targets = output.names.map((name) => join(output.folder, name));
  const inputs = (await Promise.all(sources.map(({ path }) => filesOf(path)))).flat();
  await expectNotInput(targets, inputs);
  await expectNoFile(targets, { overwrite });
  const settings = { classNames, name: output.name, series, unit, unnotedUnit };
  // Report problems with the first scan before TensorFlow is loaded.
  let scan = await openScan(sources[0], settings);
  const run = typeof options.run === "string" ? await loadRun(options.run) : options.run;
  const inference = {
    ...inferenceOptions(run.record.config),
    ...(batchSize === undefined ? {} : { batchSize }),
  };
  const files: PredictedFile[] = [];
  try {
    await writeFolderWhole(output.folder, async (folder) => {
      for (const [index, source] of sources.entries()) {
        if (index > 0) scan = await openScan(source, settings);
        const planes = await predictScan(run, scan, inference, options);
        files.push(...(await scan.write(folder, planes)));
        if (shouldStop?.() === true) throw new Stopped();
      }
      // Another process may have written one in the meantime.
      await expectNoFile(targets, { overwrite });
    });
  } catch (error) {
    if (error instanceof Stopped) return [];
    throw error;
  }
  return files.map((file) => ({ ...file, output: join(output.folder, file.output) }));
}

/** Predicts one scan; yields to signals and the progress bar between batches. */
async function predictScan(
  { models }: Run,
  { label, cases }: Scan,
  inference: PredictOptions,
  { hasProgress = true, shouldStop }: PredictFilesOptions,
): Promise<Plane<Uint8Array>[]> {
  const bar = hasProgress ? createProgress({ label, total: cases.length }) : null;
  const batches = predictInBatches(models, cases, {
    ...inference,
    onProgress: (done) => bar?.update(done),
  });
  try {
    for (;;) {
      const { done, value } = batches.next();
      if (done === true) return value;
      await new Promise((next) => setImmediate(next));
      if (shouldStop?.() === true) throw new Stopped();
    }
  } finally {
    // Dispose of the recorded graphs if prediction was stopped early.
    batches.return([]);
    bar?.stop();
  }
}

/** The file itself, or the files of the folder. */
async function filesOf(path: string): Promise<string[]> {
  if ((await pathKind(path)) !== "folder") return [path];
  return (await listFolder(path)).map((name) => join(path, name));
}

async function recordOf(run: string | Run): Promise<RunRecord> {
  return typeof run === "string" ? expectRunRecord(run) : run.record;
}

/** Settings of {@link openScan}. */
interface ScanSettings {
  readonly classNames: readonly string[];
  /** Name of the mask's file; default the scan's. */
  readonly name: string | undefined;
  readonly series: string | undefined;
  readonly unit: IntensityUnit | undefined;
  readonly unnotedUnit: IntensityUnit | undefined;
}

async function openSeries(
  { path, outputs }: ScanSource,
  { classNames, name, series, unit }: ScanSettings,
): Promise<Scan> {
  const { volume, stack } = await readDicomScan(path, {
    ...(series === undefined ? {} : { series }),
    ...unitOption(unit),
  });
  const { cases, grid } = sliceVolume(volume, null, { name: fileStem(path), classNames });
  const output = name ?? outputs[0];
  return {
    label: folderName(path),
    cases,
    async write(folder, planes) {
      const target = join(folder, output);
      const mask = grid === null ? null : labelsToVolume(planes, grid);
      if (mask !== null && IS_DICOM_NAME.test(output)) {
        await writeWhole(target, encodeSegmentation(mask, stack, { classNames }));
      } else if (mask !== null) {
        await writeNifti(target, mask);
      }
      return [{ input: path, output, ...count(planes, classNames.length) }];
    },
  };
}

async function openScan(source: ScanSource, settings: ScanSettings): Promise<Scan> {
  const { path, kind, prefix, outputs } = source;
  const { classNames, name, unit, unnotedUnit } = settings;
  if (kind === "dicom") return openSeries(source, settings);
  if (kind === "nifti") {
    const image = await readNifti(path, { ...unitOption(unit), unnotedUnit });
    const { cases, grid } = sliceVolume(image, null, { name: fileStem(path), classNames });
    const output = name ?? outputs[0];
    return {
      label: basename(path),
      cases,
      async write(folder, planes) {
        if (grid !== null) await writeNifti(join(folder, output), labelsToVolume(planes, grid));
        return [{ input: path, output, ...count(planes, classNames.length) }];
      },
    };
  }
  const { cases } = await readDataset(path, { classNames, keepsNeighboursTogether: false });
  return {
    label: folderName(path),
    cases,
    async write(folder, planes) {
      const files: PredictedFile[] = [];
      for (const [index, image] of cases.entries()) {
        const output = name ?? `${prefix}${image.id}.png`;
        await writeMaskPng(join(folder, output), planes[index]);
        files.push({ input: image.id, output, ...count([planes[index]], classNames.length) });
      }
      return files;
    },
  };
}

function unitOption(unit: IntensityUnit | undefined): { readonly unit?: IntensityUnit } {
  return unit === undefined ? {} : { unit };
}

function count(
  planes: readonly Plane<Uint8Array>[],
  numClasses: number,
): Pick<PredictedFile, "slices" | "pixels"> {
  const pixels = new Array<number>(numClasses).fill(0);
  for (const { data } of planes) for (const label of data) pixels[label]++;
  return { slices: planes.length, pixels };
}
