import { ConfigError } from "../../core/errors";
import { createRandom } from "../../core/random";
import type { Random } from "../../core/random";
import { rejectUnknownOptions } from "../../core/unknownOptions";
import type { Plane } from "../../data/types";
import { expectPixel } from "./attentionMaps";
import type { Pixel } from "./attentionMaps";

/** The score that deletions change, e.g. the probability of a class at a pixel, for each image. */
export type ImageScore = (images: readonly Plane<Float32Array>[]) => readonly number[];

/** Options of {@link deletionTest}. */
export interface DeletionOptions {
  /** Fractions of the map's cells to delete, increasing from 0; default up to a half in nine steps. */
  readonly fractions?: readonly number[];
  /** The value of deleted pixels: the image's mean grey (default) or this value. */
  readonly baseline?: "mean" | number;
  /** A pixel that is never deleted: the one whose score is measured. */
  readonly keep?: Pixel;
  /** Number of random deletions to compare with; default 10. */
  readonly repeats?: number;
  /** Seed of the random deletions; default 1. */
  readonly seed?: number;
}

/** The score by fraction of cells deleted. */
export interface DeletionCurve {
  /** One score per fraction; for random deletions the mean. */
  readonly scores: readonly number[];
  /** Area under the curve by trapezoids, over the range of fractions: a mean score. */
  readonly area: number;
}

/** The effect of deleting the most attended cells, compared with deleting as many others. */
export interface DeletionRecord {
  readonly fractions: readonly number[];
  /** The most attended cells first. */
  readonly attended: DeletionCurve;
  /** Cells in random order. */
  readonly random: DeletionCurve;
  /** Random cells at the same distances from `keep` as the attended ones; `null` without `keep`. */
  readonly nearby: DeletionCurve | null;
  /** `random.area − attended.area`; above 0 if the attended cells matter more. */
  readonly advantage: number;
  /** `nearby.area − attended.area`. */
  readonly advantageNearby: number | null;
  /** Fraction of the random deletions that lower the score less than the attended one. */
  readonly wins: number;
}

const DEFAULTS = {
  fractions: [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5],
  baseline: "mean",
  repeats: 10,
  seed: 1,
} as const;

/**
 * Deletes the most attended cells of an image or the same number of other cells, and compares the scores.
 * A map that shows what the network relies on has the lower curve.
 *
 * On a map at a quarter of the resolution, one cell is 4 x 4 pixels. Since near
 * pixels matter to any convolution, `nearby` is the fairer control if `keep` is given:
 * it deletes cells at the same distances.
 *
 * @param score of images, e.g. the probability of a class at a pixel
 * @param image grey, any size
 * @param map the map under test; the most important cells have the largest values
 * @throws ConfigError if an option is unknown or out of range, or the map is larger than the image
 * @example
 * const image = { height: 2, width: 2, data: Float32Array.of(0, 1, 0, 0) };
 * const map = { height: 2, width: 2, data: Float32Array.of(0, 1, 0, 0) };
 * const brightest = (images: readonly { data: Float32Array }[]) => images.map(({ data }) => Math.max(...data));
 * deletionTest(brightest, image, map, { fractions: [0, 0.25] }).attended.scores; // [1, 0.25]
 * @see Petsiuk, Das and Saenko 2018, arXiv:1806.07421
 */
export function deletionTest(
  score: ImageScore,
  image: Plane<Float32Array>,
  map: Plane<Float32Array>,
  options: DeletionOptions = {},
): DeletionRecord {
  const { fractions, baseline, keep, repeats, seed } = { ...DEFAULTS, ...options };
  check(image, map, options, fractions, repeats);
  const grey = baseline === "mean" ? meanOf(image.data) : baseline;
  const kept = keep === undefined ? null : cellOf(keep, image, map);
  const cells = Array.from(map.data, (_, cell) => cell).filter((cell) => cell !== kept);
  const byWeight = [...cells].sort((a, b) => map.data[b] - map.data[a] || a - b);

  /** Scores of the image with the first cells of an order deleted, one per fraction. */
  const scoresOf = (order: readonly number[]): readonly number[] =>
    score(
      fractions.map((fraction) => {
        const count = Math.round(fraction * cells.length);
        return deleteCells(image, map, order.slice(0, count), grey);
      }),
    );
  const random = createRandom(seed);
  const curveOf = (orders: readonly (readonly number[])[]): [DeletionCurve, number[]] => {
    const runs = orders.map(scoresOf);
    const scores = fractions.map((_, at) => meanOf(runs.map((run) => run[at])));
    const areas = runs.map((run) => areaUnder(fractions, run));
    return [{ scores, area: meanOf(areas) }, areas];
  };
  const draws = Array.from({ length: repeats }, (_, repeat) => random.fork(repeat));
  const [attended] = curveOf([byWeight]);
  const [byChance, areas] = curveOf(draws.map((draw) => shuffled(cells, draw)));
  const nearby =
    kept === null
      ? null
      : curveOf(draws.map((draw) => matchDistances(byWeight, kept, map.width, draw)))[0];
  return {
    fractions,
    attended,
    random: byChance,
    nearby,
    advantage: byChance.area - attended.area,
    advantageNearby: nearby === null ? null : nearby.area - attended.area,
    wins: meanOf(areas.map((area) => Number(area > attended.area))),
  };
}

function check(
  image: Plane<Float32Array>,
  map: Plane<Float32Array>,
  options: DeletionOptions,
  fractions: readonly number[],
  repeats: number,
): void {
  const invalid = (name: string, expected: string, got: string): ConfigError =>
    new ConfigError({ where: `deletionTest.${name}`, expected, got });
  rejectUnknownOptions("deletionTest", options, [
    ...["fractions", "baseline", "keep", "repeats", "seed"],
  ]);
  const isRising = fractions.every((value, at) =>
    at === 0 ? value === 0 : value > fractions[at - 1] && value <= 1,
  );
  if (fractions.length < 2 || !isRising) {
    throw invalid("fractions", "at least two, rising from 0 to at most 1", fractions.join(", "));
  }
  if (!Number.isInteger(repeats) || repeats < 1) {
    throw invalid("repeats", "an integer of at least 1", String(repeats));
  }
  const isWhole = map.data.length === map.height * map.width && map.data.length > 1;
  if (!isWhole || map.height > image.height || map.width > image.width) {
    const got = `${map.height} x ${map.width} with ${map.data.length} values`;
    throw invalid("map", `at most the image's ${image.height} x ${image.width}`, got);
  }
  const bad = map.data.find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw invalid("map", "finite weights", String(bad));
  if (options.keep !== undefined) expectPixel("deletionTest.keep", image, options.keep);
}

function cellOf(
  [row, column]: Pixel,
  image: Plane<Float32Array>,
  map: Plane<Float32Array>,
): number {
  const mapRow = Math.floor((row * map.height) / image.height);
  return mapRow * map.width + Math.floor((column * map.width) / image.width);
}

/** The image with the pixels of some cells replaced. */
function deleteCells(
  image: Plane<Float32Array>,
  map: Plane<Float32Array>,
  cells: readonly number[],
  grey: number,
): Plane<Float32Array> {
  const isDeleted = new Uint8Array(map.data.length);
  for (const cell of cells) isDeleted[cell] = 1;
  const data = image.data.slice();
  for (let row = 0; row < image.height; row++) {
    for (let column = 0; column < image.width; column++) {
      if (isDeleted[cellOf([row, column], image, map)] === 0) continue;
      data[row * image.width + column] = grey;
    }
  }
  return { ...image, data };
}

function shuffled(cells: readonly number[], random: Random): number[] {
  return random.permutation(cells.length).map((index) => cells[index]);
}

/** An order of all cells that has, position by position, about the same distances from a cell as another order. */
function matchDistances(
  order: readonly number[],
  from: number,
  width: number,
  random: Random,
): number[] {
  const distance = (cell: number): number =>
    Math.round(
      Math.hypot(
        Math.floor(cell / width) - Math.floor(from / width),
        (cell % width) - (from % width),
      ),
    );
  const rings = new Map<number, number[]>();
  for (const cell of shuffled(order, random)) {
    const ring = distance(cell);
    rings.set(ring, [...(rings.get(ring) ?? []), cell]);
  }
  // Both orders have the same number of cells per ring, so no ring runs out.
  return order.map((cell) => rings.get(distance(cell))?.pop() as number);
}

function areaUnder(fractions: readonly number[], scores: readonly number[]): number {
  let area = 0;
  for (let at = 1; at < fractions.length; at++) {
    area += ((fractions[at] - fractions[at - 1]) * (scores[at] + scores[at - 1])) / 2;
  }
  return area / (fractions[fractions.length - 1] - fractions[0]);
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index];
  return sum / values.length;
}
