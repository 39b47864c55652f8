import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "../../src/core/random";
import { makePhantom } from "../../src/data";
import { caseMetrics, infNetCase, infNetProtocol, summarise } from "../../src/metrics";
import type { LabelPlane } from "../../src/metrics";

const SIZE = 96;
const COUNT = 100;
const CONSOLIDATION = 2;
const classNames = ["background", "ground-glass", "consolidation", "effusion"];

/** A reader who is a few pixels off, takes some ground-glass for consolidation and misses some. */
function misread(truth: Uint8Array, seed: number): Uint8Array {
  const random = createRandom(seed);
  const [down, right] = [random.normal(), random.normal()].map((step) => Math.round(1.5 * step));
  const [misses, mistakes] = [random.uniform() < 0.15, random.uniform() < 0.2];
  return truth.map((_, i) => {
    const [y, x] = [Math.floor(i / SIZE) + down, (i % SIZE) + right];
    const isInside = y >= 0 && y < SIZE && x >= 0 && x < SIZE;
    const label = isInside ? truth[y * SIZE + x] : 0;
    if (label === CONSOLIDATION && misses) return 1;
    return label === 1 && mistakes && x < SIZE / 2 ? CONSOLIDATION : label;
  });
}

it("docs/metrics.md states by how much a convention moves one prediction set's score", () => {
  const { data } = makePhantom({ count: COUNT, size: SIZE, seed: 3 }).mask;
  const plane = (labels: Uint8Array): LabelPlane => ({ height: SIZE, width: SIZE, data: labels });
  const cases = Array.from({ length: COUNT }, (_, index) => {
    const truth = data.slice(index * SIZE * SIZE, (index + 1) * SIZE * SIZE);
    return { truth: plane(truth), prediction: plane(misread(truth, index)) };
  });
  const summary = summarise(
    cases.map(({ truth, prediction }, index) =>
      caseMetrics(truth, prediction, { id: String(index), classNames, hasDistances: false }),
    ),
  );
  const row = summary.perClass[CONSOLIDATION];
  const { count, mean } = row.whereEither.dice;
  const infNet = infNetProtocol(
    cases.map(({ truth, prediction }) => infNetCase(truth, prediction, CONSOLIDATION)),
  );
  const byConvention = {
    "Inf-Net protocol": infNet.dice,
    "mean over cases where truth or prediction has the class": mean,
    "mean over cases where the truth has the class": row.whereTruth.dice.mean,
    "mean over all cases, both empty counted as 1": (mean * count + row.casesWithNeither) / COUNT,
    "all cases as one image": row.pooled.dice,
  };
  const page = readFileSync(join(__dirname, "..", "..", "docs", "metrics.md"), "utf8").replace(
    / +/g,
    " ",
  );
  for (const [convention, score] of Object.entries(byConvention)) {
    expect(page).toContain(`| ${convention} | ${score.toFixed(3)} |`);
  }
});
