import { basename, dirname, join } from "node:path";
import { ConfigError } from "../../core/errors";
import { fileStem, listFolder, pathKind } from "../../files/readFiles";
import { writeMaskPng } from "../../data/images/png";
import { readNifti } from "../../data/nifti/readNifti";
import { writeNifti } from "../../data/nifti/writeNifti";
import {
  IMAGE_FOLDERS,
  IS_NIFTI,
  MASK_WORDS,
  entryNamed,
  readDataset,
} from "../../data/readDataset";
import type { Plane, SliceCase } from "../../data/types";
import { labelsToVolume, sliceVolume } from "../../data/volumeSlices";
import { createProgress } from "../../display";
import { predictCases } from "./evaluateModel";
import { expectRunRecord, loadRun } from "../storage/runs";
import type { Run, RunRecord } from "../storage/runs";
import { writeFolderWhole } from "../../files/writeWhole";

/** What {@link predictFiles} reads and writes. */
export interface PredictFilesOptions {
  /** A run's folder, or the run itself. */
  readonly run: string | Run;
  /** A NIfTI file, a grey image, or a folder of either; masks beside the scans are not read. */
  readonly input: string;
  /**
   * A folder; for one NIfTI file also a name that ends in `.nii` or `.nii.gz`. Masks get their scan's
   * name.
   */
  readonly output: string;
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
  readonly write: (
    folder: string,
    planes: readonly Plane<Uint8Array>[],
  ) => Promise<PredictedFile[]>;
}

/**
 * Segments scans from files to files: NIfTI to NIfTI with the same affine and shape, images to
 * palette PNGs of the same stem and size, whose indices are the labels.
 *
 * Either all masks are written or none.
 *
 * @throws DataError for a run or scan that cannot be read; ConfigError for an output that does not
 *   fit the input
 */
export async function predictFiles(options: PredictFilesOptions): Promise<PredictedFile[]> {
  const { input, batchSize, hasProgress = true } = options;
  const { classNames } = await recordOf(options.run);
  const sources = await findSources(input);
  const output = outputPlace(options.output, sources);
  // What is wrong with the first scan is said before TensorFlow is loaded.
  let scan = await openScan(sources[0], { classNames, name: output.name });
  const run = typeof options.run === "string" ? await loadRun(options.run) : options.run;
  const files: PredictedFile[] = [];
  await writeFolderWhole(output.folder, async (folder) => {
    for (const [index, source] of sources.entries()) {
      if (index > 0) scan = await openScan(source, { classNames, name: output.name });
      const { label, cases } = scan;
      const bar = hasProgress ? createProgress({ label, total: cases.length }) : null;
      const planes = predictCases(run.model, cases, {
        ...(batchSize === undefined ? {} : { batchSize }),
        onProgress: (done) => bar?.update(done),
      });
      bar?.stop();
      files.push(...(await scan.write(folder, planes)));
    }
  });
  return files.map((file) => ({ ...file, output: join(output.folder, file.output) }));
}

async function recordOf(run: string | Run): Promise<RunRecord> {
  return typeof run === "string" ? expectRunRecord(run) : run.record;
}

/** A NIfTI file, or images (a file or a folder). */
interface Source {
  readonly path: string;
  readonly kind: "nifti" | "images";
}

/** Masks that lie beside the scans are left out. */
async function findSources(input: string): Promise<Source[]> {
  if ((await pathKind(input)) !== "folder") {
    return [{ path: input, kind: IS_NIFTI.test(input) ? "nifti" : "images" }];
  }
  const names = await listFolder(input);
  const imageFolder = entryNamed(names, IMAGE_FOLDERS);
  if (imageFolder !== undefined) return findSources(join(input, imageFolder));
  const volumes = names.filter((name) => IS_NIFTI.test(name) && !MASK_WORDS.test(fileStem(name)));
  if (volumes.length === 0) return [{ path: input, kind: "images" }];
  return volumes.map((name) => ({ path: join(input, name), kind: "nifti" }));
}

/** Where masks go: a folder, and the mask's name where one was given. */
function outputPlace(
  output: string,
  sources: readonly Source[],
): { readonly folder: string; readonly name: string | undefined } {
  if (!IS_NIFTI.test(output)) return { folder: output, name: undefined };
  if (sources.length === 1 && sources[0].kind === "nifti") {
    return { folder: dirname(output), name: basename(output) };
  }
  throw new ConfigError({
    where: output,
    expected: "a folder for the masks",
    got: `the name of one NIfTI file for ${sources[0].kind === "images" ? "images" : `${sources.length} volumes`}`,
    remedy: "Name a folder",
  });
}

async function openScan(
  { path, kind }: Source,
  { classNames, name }: { readonly classNames: readonly string[]; readonly name?: string },
): Promise<Scan> {
  if (kind === "nifti") {
    const image = await readNifti(path);
    const { cases, grid } = sliceVolume(image, null, { name: fileStem(path), classNames });
    const output = name ?? basename(path);
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
    label: basename(path),
    cases,
    async write(folder, planes) {
      const files: PredictedFile[] = [];
      for (const [index, { id }] of cases.entries()) {
        const output = `${id}.png`;
        await writeMaskPng(join(folder, output), planes[index]);
        files.push({ input: id, output, ...count([planes[index]], classNames.length) });
      }
      return files;
    },
  };
}

function count(
  planes: readonly Plane<Uint8Array>[],
  numClasses: number,
): Pick<PredictedFile, "slices" | "pixels"> {
  const pixels = new Array<number>(numClasses).fill(0);
  for (const { data } of planes) for (const label of data) pixels[label]++;
  return { slices: planes.length, pixels };
}
