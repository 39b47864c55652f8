/** A map and its truth, row-major, with what both need. */
interface Region {
  readonly map: Float64Array;
  /** 0 or 1. */
  readonly truth: Float64Array;
  readonly width: number;
}

/**
 * Structure measure of a grey map: the mean of the object term (how uniformly it covers foreground and
 * background) and the region term (the similarity to the truth of the four quadrants around the
 * object's centroid).
 *
 * @param map values in [0, 1]
 * @param truth 0 or 1
 * @see Fan 2017, arXiv:1708.00786
 */
export function structureMeasure(map: Float64Array, truth: Float64Array, width: number): number {
  const share = mean(truth);
  if (share === 0) return 1 - mean(map);
  if (share === 1) return mean(map);
  const object = map.filter((_, i) => truth[i] === 1);
  const ground = map.filter((_, i) => truth[i] === 0).map((value) => 1 - value);
  const objectScore = share * evenness(object) + (1 - share) * evenness(ground);
  return Math.max(0, 0.5 * objectScore + 0.5 * regionSimilarity({ map, truth, width }));
}

/** High where the values are high and alike. */
function evenness(values: Float64Array): number {
  const average = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - average) ** 2, 0);
  const sd = values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0;
  return (2 * average) / (average * average + 1 + sd + Number.EPSILON);
}

function regionSimilarity({ map, truth, width }: Region): number {
  const height = truth.length / width;
  let [rows, columns, voxels] = [0, 0, 0];
  truth.forEach((value, i) => {
    voxels += value;
    rows += value * (Math.floor(i / width) + 1);
    columns += value * ((i % width) + 1);
  });
  const [cutRow, cutColumn] = [Math.round(rows / voxels), Math.round(columns / voxels)];
  let score = 0;
  for (const [top, bottom] of [
    [0, cutRow],
    [cutRow, height],
  ]) {
    for (const [left, right] of [
      [0, cutColumn],
      [cutColumn, width],
    ]) {
      const size = (bottom - top) * (right - left);
      if (size === 0) continue;
      const inside = (_: number, i: number): boolean => {
        const [row, column] = [Math.floor(i / width), i % width];
        return row >= top && row < bottom && column >= left && column < right;
      };
      score += (size / truth.length) * similarity(map.filter(inside), truth.filter(inside));
    }
  }
  return score;
}

/** Structural similarity of two parts of one size. */
function similarity(map: Float64Array, truth: Float64Array): number {
  const [x, y] = [mean(map), mean(truth)];
  const norm = map.length - 1 + Number.EPSILON;
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < map.length; i++) {
    xx += (map[i] - x) ** 2 / norm;
    yy += (truth[i] - y) ** 2 / norm;
    xy += ((map[i] - x) * (truth[i] - y)) / norm;
  }
  const alpha = 4 * x * y * xy;
  const beta = (x * x + y * y) * (xx + yy);
  if (alpha !== 0) return alpha / (beta + Number.EPSILON);
  return beta === 0 ? 1 : 0;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
