import { toBytePair, toSpacing3 } from "./grid";
import type { LabelGrid, SpacingMm } from "./grid";
import { IndexList, PREDICTION, TRUTH, cutLabel } from "./surfaceElements";
import type { ClassCut, SurfaceElements } from "./surfaceElements";
import { NO_SURFACES, measure } from "./surfaceDistances";
import type { SurfaceDistances } from "./surfaceDistances";
import { surfelAreas, surfelLengths } from "./surfelSizes";

/**
 * Distances between the surfaces of one class, from surface element to surface element at the corners
 * between voxels, each with its length or area: the convention of DeepMind's surface-distance (and of
 * MONAI's `use_subvoxels`). Unlike with voxels, the length of a slanted surface is not overestimated.
 *
 * @param spacingMm `[row, column]` or `[slice, row, column]`; all 1, so pixels, by default
 * @param label the class; default 1
 * @throws ShapeError when the grids differ in shape
 * @example
 * const truth = { height: 1, width: 3, data: Uint8Array.of(1, 0, 0) };
 * const prediction = { height: 1, width: 3, data: Uint8Array.of(0, 1, 0) };
 * hausdorff(surfelDistances(truth, prediction, [1, 2])); // 2
 * @see Nikolov 2018, arXiv:1809.04430
 */
export function surfelDistances(
  truth: LabelGrid,
  prediction: LabelGrid,
  spacingMm?: SpacingMm | null,
  label = 1,
): SurfaceDistances {
  const pair = toBytePair("surfelDistances", truth, prediction);
  const spacing = toSpacing3("surfelDistances", spacingMm, pair.truth.rank);
  const cut = cutLabel(pair.truth, pair.prediction, label);
  return cut === null ? NO_SURFACES : surfelDistancesOfCut(cut, spacing);
}

/** {@link surfelDistances} of a class that has already been cropped. */
export function surfelDistancesOfCut(
  cut: ClassCut,
  spacing: readonly [number, number, number],
): SurfaceDistances {
  const isVolume = cut.rank === 3;
  const corners = isVolume ? volumeCorners(cut) : planeCorners(cut);
  const sizes = isVolume ? surfelAreas(spacing) : surfelLengths(spacing[1], spacing[2]);
  const sizesOf = (cells: Int32Array, codes: Uint8Array): Float64Array =>
    Float64Array.from(cells, (cell) => sizes[codes[cell]]);
  return measure(
    corners,
    spacing,
    sizesOf(corners.truth, corners.truthCodes),
    sizesOf(corners.prediction, corners.predictionCodes),
  );
}

/** Surface elements on the grid of corners, with the neighbourhood of each corner. */
interface Corners extends SurfaceElements {
  readonly truthCodes: Uint8Array;
  readonly predictionCodes: Uint8Array;
}

function planeCorners({ bits, height, width }: ClassCut): Corners {
  const codes = (shift: number): Uint8Array => {
    const out = new Uint8Array((height - 1) * (width - 1));
    for (let y = 0, to = 0; y < height - 1; y++) {
      for (let i = y * width; i < y * width + width - 1; i++, to++) {
        const top = (bit(bits[i], shift) << 3) | (bit(bits[i + 1], shift) << 2);
        const bottom = (bit(bits[i + width], shift) << 1) | bit(bits[i + width + 1], shift);
        out[to] = top | bottom;
      }
    }
    return out;
  };
  return collect({ depth: 1, height: height - 1, width: width - 1 }, codes(0), codes(1), 15);
}

function volumeCorners({ bits, depth, height, width }: ClassCut): Corners {
  const area = height * width;
  const codes = (shift: number): Uint8Array => {
    const out = new Uint8Array((depth - 1) * (height - 1) * (width - 1));
    for (let z = 0, to = 0; z < depth - 1; z++) {
      for (let y = 0; y < height - 1; y++) {
        const start = z * area + y * width;
        for (let i = start; i < start + width - 1; i++, to++) {
          const j = i + area;
          out[to] =
            (bit(bits[i], shift) << 7) |
            (bit(bits[i + 1], shift) << 6) |
            (bit(bits[i + width], shift) << 5) |
            (bit(bits[i + width + 1], shift) << 4) |
            (bit(bits[j], shift) << 3) |
            (bit(bits[j + 1], shift) << 2) |
            (bit(bits[j + width], shift) << 1) |
            bit(bits[j + width + 1], shift);
        }
      }
    }
    return out;
  };
  const sizes = { depth: depth - 1, height: height - 1, width: width - 1 };
  return collect(sizes, codes(0), codes(1), 255);
}

/** {@link TRUTH} is bit 0 and {@link PREDICTION} bit 1. */
function bit(bits: number, shift: number): number {
  return (bits >> shift) & 1;
}

/** Corners whose neighbourhood is neither all outside nor all inside. */
function collect(
  sizes: { readonly depth: number; readonly height: number; readonly width: number },
  truthCodes: Uint8Array,
  predictionCodes: Uint8Array,
  full: number,
): Corners {
  const marks = new Uint8Array(truthCodes.length);
  const truth = new IndexList();
  const prediction = new IndexList();
  for (let i = 0; i < marks.length; i++) {
    if (truthCodes[i] !== 0 && truthCodes[i] !== full) {
      marks[i] |= TRUTH;
      truth.push(i);
    }
    if (predictionCodes[i] !== 0 && predictionCodes[i] !== full) {
      marks[i] |= PREDICTION;
      prediction.push(i);
    }
  }
  return {
    ...sizes,
    marks,
    truth: truth.values(),
    prediction: prediction.values(),
    truthCodes,
    predictionCodes,
  };
}
