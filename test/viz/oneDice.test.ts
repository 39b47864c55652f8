import { presetConfig } from "../../src/experiments/config/presets";
import { scorePredictions } from "../../src/experiments/evaluation/evaluateModel";
import { summaryScores } from "../../src/experiments/tracking/trackersOf";
import { summaryTable } from "../../src/experiments/studies/scoreTable";
import { studyTable } from "../../src/experiments/studies/views/studyTable";
import type { JobRecord } from "../../src/experiments/studies/jobRecord";
import { caseScores } from "../../src/metrics";
import {
  compareMasks,
  comparePredictions,
  foldScoresOf,
  headline,
  registerCards,
} from "../../src/viz";
import { toMimeBundle } from "../../src/display";
import { runReport } from "../../src/viz/reports/runReport";
import { studyReport } from "../../src/viz/reports/studyReport";

/**
 * Cases for which different definitions of a mean Dice give very different numbers: class "rare" is in only
 * one slice and is missed there, and one slice without any class has a false positive.
 */
const classNames = ["background", "common", "rare"];
const plane = (labels: string) => ({ height: 1, width: 6, data: Uint8Array.from(labels, Number) });
const drawn = [
  { truth: "111100", prediction: "111100" }, // 1
  { truth: "110000", prediction: "100000" }, // 2/3
  { truth: "110022", prediction: "110000" }, // (1 + 0) / 2
  { truth: "000000", prediction: "000010" }, // none
];
const cases = drawn.map(({ truth }, index) => ({
  id: `slice ${index}`,
  group: `patient ${index}`,
  image: { height: 1, width: 6, data: Float32Array.of(0, 1, 2, 3, 4, 5) },
  labels: plane(truth),
  spacingMm: null,
  unit: "arbitrary" as const,
}));
const predictions = drawn.map(({ prediction }) => plane(prediction));
const evaluation = scorePredictions(cases, predictions, classNames);

const PER_CASE = (1 + 2 / 3 + 1 / 2) / 3; // 0.722
const CLASS_MEANS = ((1 + 2 / 3 + 1) / 3 + 0) / 2; // 0.444
const WITH_FALSE_ALARMS = (1 + 2 / 3 + 1 / 2 + 0) / 4; // 0.542

/** The numbers of all other conventions, as text would show them. */
const OTHERS = [CLASS_MEANS, WITH_FALSE_ALARMS].flatMap((value) => [
  value.toFixed(2),
  value.toFixed(3),
]);
function expectOneDice(text: string): void {
  expect(text).toMatch(/0\.72/);
  for (const other of OTHERS) expect(text).not.toContain(other);
}

const config = presetConfig("smoke");
const epoch = { epoch: 1, step: 1, loss: 1, learningRate: 0.1, seconds: 1 };
const records = [{ ...epoch, validationLoss: 1, validationDice: 0.3 }];
const job: JobRecord = {
  format: "layerbook-job-1",
  ...{ id: "unet", model: "unet", factors: {}, config, fold: 0, seed: 1 },
  ...{ classNames, dropped: null, training: null, splitNote: null },
  versions: { layerbook: "1.0.0", node: "v20" },
  cases: evaluation.records,
};

/** The page of a run that held out some of the cases. */
function pageOf(held: readonly number[]): ReturnType<typeof runReport> {
  const own = held.map((index) => cases[index]);
  const masks = held.map((index) => predictions[index]);
  return runReport({
    record: {
      ...{ format: "layerbook-run-1", model: "unet", classNames, config },
      data: {
        ...{ source: "phantom", name: "phantom", splitNote: null },
        ...{ trainCases: 1, validationCases: 1, testCases: held.length },
      },
      versions: { layerbook: "1.0.0", tfjs: "4", tensorflow: null, node: "v20" },
      result: { ended: "completed", bestEpoch: 1, steps: 1, seconds: 1, records },
    },
    evaluation: scorePredictions(own, masks, classNames),
    ...{ cases: own, predictions: masks },
    ...{ command: "npx layerbook report r", date: "2026-01-01" },
  });
}

it("calls a slice whose id is a number a slice", () => {
  const [first] = cases;
  const figure = compareMasks([{ ...first, id: "25" }], { classNames });
  expect(figure.description).toContain(" of slice 25;");
  expect(figure.svg).toContain(">slice 25</text>");
});

describe("one mean Dice everywhere", () => {
  it("is the mean over cases of each case's mean over the classes in its truth", () => {
    expect(evaluation.summary.dice).toBeCloseTo(PER_CASE, 12);
    expect(evaluation.summary.foreground.dice).toBeCloseTo(CLASS_MEANS, 12);
    expect(summaryScores(evaluation.summary)["dice"]).toBeCloseTo(PER_CASE, 12);
  });

  it("is in the headline, with the number of slices", () => {
    const sentence = headline({ unet: evaluation });
    expectOneDice(sentence);
    expect(sentence).toContain("on the 3 of 4 held-out slices whose truth is not empty");
  });

  it("is in the tables of an evaluation and of a command", async () => {
    registerCards();
    const bundle = await toMimeBundle(evaluation);
    expectOneDice(String(bundle["text/plain"]));
    const table = summaryTable(evaluation.summary, "px");
    const row = table.split("\n").find((line) => line.startsWith("| per case")) ?? "";
    expect(row).toMatch(/\| 0\.722 \|/);
    expect(table).toContain("over the 3 of 4 cases that have one");
  });

  it("is in a study's table, its folds and its page", () => {
    const table = studyTable("A study", [job]);
    expect(table.rows[0].scores["Dice"].mean).toBeCloseTo(PER_CASE, 12);
    expect(foldScoresOf([job])[0].score).toBeCloseTo(PER_CASE, 12);
    const page = studyReport({
      ...{ study: { kind: "compare", source: "phantom", config, jobs: ["unet"] } },
      ...{ records: [job], tables: [table], command: "npx layerbook report s", date: "2026-01-01" },
    });
    expectOneDice(page.headline);
    const folds = page.sections.find(({ heading }) => heading === "Fold by fold");
    expectOneDice(folds?.figures?.[0].figure.description ?? "");
  });

  it("is on a run's page, where the validation Dice is named as a different one", () => {
    const page = pageOf([0, 1, 2, 3]);
    expectOneDice(page.headline);
    expect(page.headline).toContain("3 of 4 held-out slices");
    expectOneDice(page.sections[0].html ?? "");
    const training = page.sections.find(({ heading }) => heading === "Training");
    expect(training?.figures?.[0].caption).toMatch(/cannot be compared with the scores above/);
  });

  it("is reported as missing if no held-out slice contains a class", () => {
    const page = pageOf([3]);
    expect(page.headline).not.toContain("NaN");
    expect(page.sections.map(({ heading }) => heading)).not.toContain("Worst slices first");
  });

  it("is the one below each slice's picture", () => {
    const shown = comparePredictions(
      cases,
      { unet: { predictions, evaluation } },
      { classNames, count: 4, order: "given" },
    ).svg;
    const captions = evaluation.records.map((record) => caseScores(record).dice.toFixed(2));
    expect(captions).toEqual(["1.00", "0.67", "0.50", "NaN"]);
    for (const caption of captions.slice(0, 3)) expect(shown).toContain(`Dice ${caption}`);
    expect(shown).toContain("truth is empty: a false positive");
  });
});
