import { ConfigError, DataError } from "../../core/errors";
import { rejectUnknownOptions } from "../../core/unknownOptions";
import type { Plane, Sample } from "../../data/types";
import { connectedComponents, mergeReliability, reliability } from "../../metrics";
import type { Reliability, ReliabilityOptions } from "../../metrics";
import type { UncertaintyRecord } from "./predictUncertainty";

/** The measure that a review is ordered by. */
export type ReviewMeasure = "errorChance" | "entropy" | "mutualInformation";

const MEASURES: readonly ReviewMeasure[] = ["errorChance", "entropy", "mutualInformation"];

/** A connected region of pixels to review. */
export interface ReviewRegion {
  /** The bounding box: rows and columns `[first, last]`. */
  readonly rows: readonly [number, number];
  readonly columns: readonly [number, number];
  readonly pixels: number;
  /** Sum of the measure over the region. */
  readonly score: number;
}

/** A slice in the order of review. */
export interface ReviewEntry {
  readonly id: string;
  /** Index among the given records. */
  readonly index: number;
  /** Sum of the measure over the slice; for `errorChance`, the expected number of wrong pixels. */
  readonly score: number;
  /** The regions of the slice, the most uncertain first. */
  readonly regions: readonly ReviewRegion[];
}

/** Options of {@link reviewOrder}. */
export interface ReviewOptions {
  /** Default `"errorChance"`. */
  readonly by?: ReviewMeasure;
  /** Fraction of a slice's pixels, the most uncertain ones, that form regions; default 0.02. */
  readonly share?: number;
  /** Maximum number of regions per slice; default 3. */
  readonly regions?: number;
}

/**
 * The order in which a reader should review slices, and where to look in each: slices with the most expected
 * errors come first.
 *
 * @throws ConfigError if an option is unknown or out of range
 * @example
 * const plane = (values: number[]) => ({ height: 1, width: 2, data: Float32Array.from(values) });
 * const record = (id: string, values: number[]) =>
 *   ({ id, errorChance: plane(values) }) as UncertaintyRecord;
 * reviewOrder([record("sure", [0, 0.1]), record("unsure", [0.4, 0.5])]).map(({ id }) => id); // ["unsure", "sure"]
 */
export function reviewOrder(
  records: readonly UncertaintyRecord[],
  options: ReviewOptions = {},
): ReviewEntry[] {
  const { by = "errorChance", share = 0.02, regions = 3 } = options;
  rejectUnknownOptions("reviewOrder", options, ["by", "share", "regions"]);
  const invalid = (name: string, expected: string, got: unknown): ConfigError =>
    new ConfigError({ where: `reviewOrder.${name}`, expected, got: JSON.stringify(got) });
  if (!MEASURES.includes(by)) throw invalid("by", `one of ${MEASURES.join(", ")}`, by);
  if (!(share > 0 && share <= 1)) throw invalid("share", "a number above 0 and at most 1", share);
  if (!Number.isInteger(regions) || regions < 0) {
    throw invalid("regions", "an integer of at least 0", regions);
  }
  return records
    .map(({ id, [by]: map }, index) => ({
      ...{ id, index, score: sumOf(map.data) },
      regions: regionsOf(map, share).slice(0, regions),
    }))
    .sort((a, b) => b.score - a.score || a.index - b.index);
}

/** Connected regions of the most uncertain pixels, ordered by sum. */
function regionsOf(map: Plane<Float32Array>, share: number): ReviewRegion[] {
  const { height, width, data } = map;
  const count = Math.max(1, Math.round(share * data.length));
  const threshold = Float32Array.from(data).sort()[data.length - count];
  // Pixels without uncertainty never form a region, even if too few others are left.
  const mask = Uint8Array.from(data, (value) => (value >= threshold && value > 0 ? 1 : 0));
  const { ids, count: patches } = connectedComponents(
    { height, width, data: mask },
    { connectivity: "corner" },
  );
  const found = Array.from({ length: patches }, () => ({
    rows: [height, -1] as [number, number],
    columns: [width, -1] as [number, number],
    ...{ pixels: 0, score: 0 },
  }));
  ids.forEach((id, pixel) => {
    if (id === 0) return;
    const region = found[id - 1];
    const [row, column] = [Math.floor(pixel / width), pixel % width];
    region.rows = [Math.min(region.rows[0], row), Math.max(region.rows[1], row)];
    region.columns = [Math.min(region.columns[0], column), Math.max(region.columns[1], column)];
    region.pixels++;
    region.score += data[pixel];
  });
  return found.sort((a, b) => b.score - a.score);
}

/** The fraction of errors found against the number of slices reviewed. */
export interface ReviewCurve {
  /** Number of slices reviewed, from 0 to all. */
  readonly slices: readonly number[];
  /** Fraction of all wrong pixels that are in these slices, in the order of the review. */
  readonly found: readonly number[];
  /** The same in the best possible order. */
  readonly ideal: readonly number[];
  /** Area under `found`; a random order gives 0.5 on average. */
  readonly area: number;
  readonly idealArea: number;
}

/**
 * Measures a review order: how quickly it finds the wrong pixels.
 *
 * @param order from {@link reviewOrder}
 * @param records the records that the order was made from
 * @param samples with labels, in the order of the records
 * @throws DataError for a sample without labels or of another slice, or if there are no errors
 */
export function reviewCurve(
  order: readonly ReviewEntry[],
  records: readonly UncertaintyRecord[],
  samples: readonly Sample[],
): ReviewCurve {
  const errors = records.map((record, index) => {
    const truth = labelsOf("reviewCurve", record, samples[index]);
    return record.labels.data.reduce((sum, label, at) => sum + Number(label !== truth[at]), 0);
  });
  const total = sumOf(errors);
  if (total === 0) {
    throw new DataError({
      where: "reviewCurve",
      expected: "predictions with at least one error",
      got: "predictions without errors",
    });
  }
  const cumulative = (values: readonly number[]): number[] => {
    let sum = 0;
    return [0, ...values.map((value) => (sum += value) / total)];
  };
  const found = cumulative(order.map(({ index }) => errors[index]));
  const ideal = cumulative([...errors].sort((a, b) => b - a));
  const area = (curve: readonly number[]): number =>
    curve.slice(1).reduce((sum, value, at) => sum + (value + curve[at]) / 2, 0) / order.length;
  return {
    slices: found.map((_, count) => count),
    ...{ found, ideal, area: area(found), idealArea: area(ideal) },
  };
}

/**
 * The data of a reliability diagram of the mean probabilities over all slices, with their expected
 * calibration error.
 *
 * @param records from an ensemble or dropout
 * @param samples with labels, in the order of the records
 * @throws DataError for a sample without labels or of another slice
 * @see Guo 2017, arXiv:1706.04599
 */
export function uncertaintyReliability(
  records: readonly UncertaintyRecord[],
  samples: readonly Sample[],
  options: Omit<ReliabilityOptions, "numClasses"> = {},
): Reliability {
  return mergeReliability(
    records.map((record, index) => {
      const { probabilities, numClasses } = record;
      const truth = labelsOf("uncertaintyReliability", record, samples[index]);
      return reliability(probabilities, truth, { ...options, numClasses });
    }),
  );
}

function labelsOf(
  where: string,
  { id, labels }: UncertaintyRecord,
  sample: Sample | undefined,
): Uint8Array {
  const truth = sample?.id === id ? sample.labels : null;
  if (truth !== null && truth.data.length === labels.data.length) return truth.data;
  throw new DataError({
    where,
    expected: `labels of "${id}", in the order and size of the records`,
    got: sample === undefined ? "no sample" : `sample "${sample.id}"`,
  });
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index];
  return sum;
}
