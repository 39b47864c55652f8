import { basename, dirname, join } from "node:path";
import { ConfigError } from "../../core/errors";
import { fileStem, listFolder, pathKind } from "../../files/readFiles";
import { isDicomFile } from "../../data/dicom/dicomFolder";
import { readDicomScan } from "../../data/dicom/readDicomSeries";
import { encodeSegmentation } from "../../data/dicom/segmentation/encodeSegmentation";
import { writeMaskPng } from "../../data/images/png";
import { readNifti } from "../../data/nifti/readNifti";
import { writeNifti } from "../../data/nifti/writeNifti";
import { IMAGE_FOLDERS, IS_NIFTI, entryNamed } from "../../data/folderLayout";
import { folderKind } from "../../data/folderKind";
import { expectUsed } from "../../data/expectUsed";
import { isMaskName } from "../../data/pairing";
import { readDataset } from "../../data/readDataset";
import type { IntensityUnit, Plane, SliceCase } from "../../data/types";
import { labelsToVolume, sliceVolume } from "../../data/volumeSlices";
import { createProgress } from "../../display";
import { predictCases } from "./evaluateModel";
import { inferenceOptions } from "./inferenceOptions";
import { expectRunRecord, loadRun } from "../storage/runs";
import type { Run, RunRecord } from "../storage/runs";
import { expectNotInput } from "../../files/expectNotInput";
import { writeFolderWhole, writeWhole } from "../../files/writeWhole";

/** What {@link predictFiles} reads and writes. */
export interface PredictFilesOptions {
  /** A run's folder, or the run itself. */
  readonly run: string | Run;
  /**
   * A NIfTI file, a grey image, a folder of either, or a DICOM series (its folder, or one file); masks
   * beside the scans are not read.
   */
  readonly input: string;
  /**
   * A folder; for one volume also a name that ends in `.nii` or `.nii.gz`, or for a DICOM series in
   * `.dcm`, which writes a DICOM segmentation (SEG). Masks get their scan's name.
   */
  readonly output: string;
  /** Which DICOM series, by its UID or number, where the folder holds several. */
  readonly series?: string;
  /**
   * What the scan's numbers mean; by default what its file notes, else what was named in training, else
   * a guess.
   */
  readonly unit?: IntensityUnit;
  /** Slices at a time; default 4. */
  readonly batchSize?: number;
  /** Where false, no progress bar; default true. */
  readonly hasProgress?: boolean;
}

/** A mask that was written. */
export interface PredictedFile {
  /** The scan's path, or an image's stem. */
  readonly input: string;
  readonly output: string;
  readonly slices: number;
  /** Pixels by label, background first. */
  readonly pixels: readonly number[];
}

/** Slices that are predicted together, and how their masks are written. */
interface Scan {
  readonly label: string;
  readonly cases: readonly SliceCase[];
  /** The masks' names in the output folder. */
  readonly outputs: readonly string[];
  readonly write: (
    folder: string,
    planes: readonly Plane<Uint8Array>[],
  ) => Promise<PredictedFile[]>;
}

/**
 * Segments scans from files to files: NIfTI to NIfTI with the same affine and shape, images to
 * palette PNGs of the same stem and size, whose indices are the labels, a DICOM series to NIfTI or to a
 * DICOM segmentation that refers to its images.
 *
 * Either all masks are written or none.
 *
 * @throws DataError for a run or scan that cannot be read; ConfigError for an output that does not
 *   fit the input, or that would overwrite a scan
 */
export async function predictFiles(options: PredictFilesOptions): Promise<PredictedFile[]> {
  const { input, series, unit, batchSize, hasProgress = true } = options;
  const { classNames, config } = await recordOf(options.run);
  // Where a scan does not note its unit, it is the one that was named in training.
  const unnotedUnit = config.data.unit ?? undefined;
  const sources = await findSources(input);
  const output = outputPlace(options.output, sources);
  expectUsed(input, sources[0].kind, { series, unit });
  const settings = { classNames, name: output.name, series, unit, unnotedUnit };
  // What is wrong with the first scan is said before TensorFlow is loaded.
  const inputs = (await Promise.all(sources.map(({ path }) => filesOf(path)))).flat();
  const open = async (source: Source): Promise<Scan> => {
    const opened = await openScan(source, settings);
    await expectNotInput(
      opened.outputs.map((name) => join(output.folder, name)),
      inputs,
    );
    return opened;
  };
  let scan = await open(sources[0]);
  const run = typeof options.run === "string" ? await loadRun(options.run) : options.run;
  const files: PredictedFile[] = [];
  await writeFolderWhole(output.folder, async (folder) => {
    for (const [index, source] of sources.entries()) {
      if (index > 0) scan = await open(source);
      const { label, cases } = scan;
      const bar = hasProgress ? createProgress({ label, total: cases.length }) : null;
      const planes = predictCases(run.models, cases, {
        ...inferenceOptions(run.record.config),
        ...(batchSize === undefined ? {} : { batchSize }),
        onProgress: (done) => bar?.update(done),
      });
      bar?.stop();
      files.push(...(await scan.write(folder, planes)));
    }
  });
  return files.map((file) => ({ ...file, output: join(output.folder, file.output) }));
}

/** A file itself, or the files of a folder. */
async function filesOf(path: string): Promise<string[]> {
  if ((await pathKind(path)) !== "folder") return [path];
  return (await listFolder(path)).map((name) => join(path, name));
}

async function recordOf(run: string | Run): Promise<RunRecord> {
  return typeof run === "string" ? expectRunRecord(run) : run.record;
}

/** A NIfTI file, a DICOM series (a folder or a file), or images (a file or a folder). */
interface Source {
  readonly path: string;
  readonly kind: "nifti" | "dicom" | "pictures";
}

const IS_DICOM_NAME = /\.dcm$/i;

/** Masks that lie beside the scans are left out. */
async function findSources(input: string): Promise<Source[]> {
  if ((await pathKind(input)) !== "folder") {
    const isDicom = !IS_NIFTI.test(input) && (await isDicomFile(input));
    return [{ path: input, kind: IS_NIFTI.test(input) ? "nifti" : isDicom ? "dicom" : "pictures" }];
  }
  const names = await listFolder(input);
  const imageFolder = entryNamed(names, IMAGE_FOLDERS);
  if (imageFolder !== undefined) return findSources(join(input, imageFolder));
  const kind = (await folderKind(input, names, { hasMasks: false })) ?? "pictures";
  if (kind !== "nifti") return [{ path: input, kind }];
  const volumes = names.filter((name) => IS_NIFTI.test(name) && !isMaskName(name));
  return volumes.map((name) => ({ path: join(input, name), kind: "nifti" }));
}

/** Where masks go: a folder, and the mask's name where one was given. */
function outputPlace(
  output: string,
  sources: readonly Source[],
): { readonly folder: string; readonly name: string | undefined } {
  const isSegmentation = IS_DICOM_NAME.test(output);
  if (!isSegmentation && !IS_NIFTI.test(output)) return { folder: output, name: undefined };
  const [{ kind }] = sources;
  const isVolume = sources.length === 1 && kind !== "pictures";
  if (isVolume && (kind === "dicom" || !isSegmentation)) {
    return { folder: dirname(output), name: basename(output) };
  }
  throw new ConfigError({
    where: output,
    expected: isVolume ? "a name that ends in .nii or .nii.gz" : "a folder for the masks",
    got: isVolume
      ? "the name of a DICOM file for a NIfTI scan"
      : `the name of one file for ${kind === "pictures" ? "images" : `${sources.length} volumes`}`,
    remedy: isVolume
      ? "A DICOM segmentation refers to a DICOM series: name a NIfTI file"
      : "Name a folder",
  });
}

/** What {@link openScan} needs to know besides the scan. */
interface ScanSettings {
  readonly classNames: readonly string[];
  /** Of the mask's file; default the scan's own. */
  readonly name: string | undefined;
  readonly series: string | undefined;
  readonly unit: IntensityUnit | undefined;
  readonly unnotedUnit: IntensityUnit | undefined;
}

async function openSeries(
  path: string,
  { classNames, name, series, unit }: ScanSettings,
): Promise<Scan> {
  const { volume, stack } = await readDicomScan(path, {
    ...(series === undefined ? {} : { series }),
    ...unitOption(unit),
  });
  const { cases, grid } = sliceVolume(volume, null, { name: fileStem(path), classNames });
  const output = name ?? `${fileStem(path)}.nii.gz`;
  return {
    label: basename(path),
    cases,
    outputs: [output],
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

async function openScan({ path, kind }: Source, settings: ScanSettings): Promise<Scan> {
  const { classNames, name, unit } = settings;
  if (kind === "dicom") return openSeries(path, settings);
  if (kind === "nifti") {
    const { unnotedUnit } = settings;
    const image = await readNifti(path, { ...unitOption(unit), unnotedUnit });
    const { cases, grid } = sliceVolume(image, null, { name: fileStem(path), classNames });
    const output = name ?? basename(path);
    return {
      label: basename(path),
      cases,
      outputs: [output],
      async write(folder, planes) {
        if (grid !== null) await writeNifti(join(folder, output), labelsToVolume(planes, grid));
        return [{ input: path, output, ...count(planes, classNames.length) }];
      },
    };
  }
  const { cases } = await readDataset(path, { classNames, keepsNeighboursTogether: false });
  return {
    label: basename(path),
    cases,
    outputs: cases.map(pictureName),
    async write(folder, planes) {
      const files: PredictedFile[] = [];
      for (const [index, image] of cases.entries()) {
        const output = pictureName(image);
        await writeMaskPng(join(folder, output), planes[index]);
        files.push({ input: image.id, output, ...count([planes[index]], classNames.length) });
      }
      return files;
    },
  };
}

const pictureName = ({ id }: SliceCase): string => `${id}.png`;

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
