import { join } from "node:path";
import { ConfigError } from "../../core/errors";
import type { Random } from "../../core/random";
import { createRandom } from "../../core/random";
import { scalingAffine } from "../affine";
import { writeNifti } from "../nifti/writeNifti";
import type { Affine, Volume } from "../types";
import { renderAnatomy } from "./anatomy";
import type { LesionStyle } from "./lesions";
import { drawLesionStyle, paintLesions } from "./lesions";
import type { LesionTargets } from "./lesionTargets";
import { drawLesionTargets } from "./lesionTargets";
import type { Patient } from "./patient";
import { between, makePatient } from "./patient";
import { scan } from "./scan";
import { LUNG_HEIGHT } from "./vessels";

/** Options of {@link makePhantom}. */
export interface PhantomOptions {
  /** Number of slices. */
  readonly count: number;
  /** Number of rows and of columns; the public slices have 512. */
  readonly size: number;
  readonly seed: number;
  /**
   * `"slices"` (default): each slice is from a different patient, as in the public 100. `"volume"`: all
   * are from one patient, from the base of the lungs to the top.
   */
  readonly kind?: "slices" | "volume";
}

/** Side of the field of view, in mm. */
const FIELD_OF_VIEW_MM = 350;

function checkOptions({ count, size, seed }: PhantomOptions): void {
  const check = (name: string, value: number, low: number, high: number) => {
    if (Number.isInteger(value) && value >= low && value <= high) return;
    throw new ConfigError({
      where: `makePhantom.${name}`,
      expected: `an integer from ${low} to ${high}`,
      got: String(value),
    });
  };
  check("count", count, 1, 32767);
  check("size", size, 16, 4096);
  check("seed", seed, 0, 0xffffffff);
}

/** Renders one slice of a patient into the volume. */
function renderSlice(
  patient: Patient,
  style: LesionStyle,
  level: number,
  targets: LesionTargets,
  noiseSeed: number,
  size: number,
): { image: Float32Array; labels: Uint8Array } {
  const anatomy = renderAnatomy(patient, size, level);
  const labels = paintLesions(anatomy, size, level * LUNG_HEIGHT, patient, style, targets);
  scan(anatomy.image, size, patient, noiseSeed);
  return { image: anatomy.image, labels };
}

/** Plans a stack of different patients: patient, level and lesions per slice. */
function planSlices(random: Random, count: number) {
  const targets = drawLesionTargets(random.fork("targets"), count);
  return targets.map((target, index) => {
    const own = random.fork(`patient ${index}`);
    // Large lesions need a large lung, so such slices are cut from mid-lung.
    const area = target.groundGlass + target.consolidation + target.effusion;
    const level = area > 0.1 ? between(own, 0.4, 0.65) : between(own, 0.12, 0.86);
    const patient = makePatient(own, Math.min(1, area / 0.25));
    return { patient, style: drawLesionStyle(own.fork("style")), level, targets: target };
  });
}

/** Plans the slices of one patient, whose lesions grow and shrink along the lung. */
function planVolume(random: Random, count: number) {
  const own = random.fork("patient 0");
  const patient = makePatient(own, 0.5);
  const style = drawLesionStyle(own.fork("style"));
  const strength = between(own, 0.015, 0.06);
  const [phase, share] = [between(own, 0, 6), between(own, 0.15, 0.6)];
  return Array.from({ length: count }, (_, index) => {
    const level = count === 1 ? 0.5 : 0.04 + (0.92 * index) / (count - 1);
    const swell = (offset: number) => Math.max(0, 0.5 + 0.6 * Math.sin(5 * level + phase + offset));
    const targets = {
      groundGlass: strength * swell(0),
      consolidation: share * strength * swell(1),
      effusion: style.effusionSide === 0 ? 0 : 0.02 * Math.max(0, 1 - level / 0.4),
    };
    return { patient, style, level, targets };
  });
}

/**
 * Makes a seeded phantom of chest CT with COVID-19 lesions: an image in pseudo-HU and a mask (0 background, 1
 * ground-glass opacity, 2 consolidation, 3 pleural effusion).
 *
 * It has the statistics of the public 100 slices: which slices have which lesion, how much of each, the fraction of
 * lung and the range of values. With the demo's 312 steps, MONAI's BasicUNet reaches 0.68 mean foreground Dice on it;
 * the best single grey threshold reaches 0.23 (`bench/phantom_reference.py`). The phantom is for testing software, not
 * for training models for patients.
 *
 * @throws ConfigError for a count or size out of range
 * @example
 * const { image, mask } = makePhantom({ count: 2, size: 64, seed: 1 });
 * [image.shape, mask.shape]; // [[64, 64, 2], [64, 64, 2]]
 */
export function makePhantom(options: PhantomOptions): {
  image: Volume;
  mask: Volume<Uint8Array>;
} {
  checkOptions(options);
  const { count, size, seed, kind = "slices" } = options;
  const random = createRandom(seed);
  const plan = kind === "volume" ? planVolume(random, count) : planSlices(random, count);
  const pixels = size * size;
  const image = new Float32Array(count * pixels);
  const labels = new Uint8Array(count * pixels);
  plan.forEach(({ patient, style, level, targets }, index) => {
    const noiseSeed = random.fork(`noise ${index}`).seed;
    const slice = renderSlice(patient, style, level, targets, noiseSeed, size);
    image.set(slice.image, index * pixels);
    labels.set(slice.labels, index * pixels);
  });
  const spacing = FIELD_OF_VIEW_MM / size;
  const thickness = kind === "volume" ? (LUNG_HEIGHT * 0.92 * FIELD_OF_VIEW_MM) / count : 5;
  const grid = {
    shape: [size, size, count] as const,
    affine: leftPosteriorAffine(spacing, thickness, size),
    spacingMm: [spacing, spacing, thickness] as const,
    source: `phantom (seed ${seed})`,
  };
  return {
    image: { ...grid, data: image, unit: "pseudo-HU" },
    mask: { ...grid, data: labels, unit: "grey8" },
  };
}

/** Rows run to the back and columns to the left, as scanners write them; the plane's centre is 0. */
function leftPosteriorAffine(spacing: number, thickness: number, size: number): Affine {
  const affine = Array.from(scalingAffine([-spacing, -spacing, thickness]));
  affine[3] = affine[7] = (spacing * (size - 1)) / 2;
  return affine;
}

/**
 * Writes a phantom as `tr_im.nii.gz` and `tr_mask.nii.gz`, as the public 100 slices are named, so that
 * `readDataset(folder)` can read it.
 *
 * @returns the two paths
 */
export async function writePhantom(
  folder: string,
  options: PhantomOptions,
): Promise<{ imagePath: string; maskPath: string }> {
  const { image, mask } = makePhantom(options);
  const imagePath = join(folder, "tr_im.nii.gz");
  const maskPath = join(folder, "tr_mask.nii.gz");
  await writeNifti(imagePath, image, { datatype: "int16" });
  await writeNifti(maskPath, mask);
  return { imagePath, maskPath };
}
