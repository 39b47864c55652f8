import { setDisplayHost, toMimeBundle } from "../../src/display";
import type { MimeBundle } from "../../src/display";
import { scorePredictions } from "../../src/experiments/evaluation/evaluateModel";
import { liveCurves } from "../../src/viz/live/liveCurves";
import { registerCards } from "../../src/viz/cards/registerCards";
import { CLASS_NAMES, sampleMask, sampleScan } from "./support/sampleCase";
import { noComms } from "../support/noComms";

const scan = sampleScan(48, 64);
const item = (id: string, labels: readonly number[] | null) => ({
  id,
  group: id,
  image: scan,
  labels: labels === null ? null : sampleMask(scan, labels),
  unit: "HU",
});
const show = async (value: unknown): Promise<Record<string, string>> =>
  (await toMimeBundle(value)) as Record<string, string>;
const pictures = (html: string): number => html.match(/<img /g)?.length ?? 0;

beforeAll(registerCards);

describe("values show themselves", () => {
  it("a dataset: its size, its classes, its first slices", async () => {
    const cases = [item("a", [1]), item("b", [1, 2]), item("c", null)];
    const bundle = await show({ name: "ward <1>", classNames: CLASS_NAMES, cases, grid: null });
    expect(bundle["text/plain"]).toMatch(
      /^ward <1>: 3 slices of 3 patients or groups, 2 with masks; 48 x 64; HU/,
    );
    expect(bundle["text/plain"]).toMatch(/ground-glass opacity\s+2\s+\d/);
    expect(bundle["text/plain"]).toMatch(/pleural effusion\s+0\s+0\.00 %/);
    expect(bundle["text/html"]).toContain("ward &lt;1&gt;");
    expect(pictures(bundle["text/html"])).toBe(1);
    const numbered = await show({ name: "own", classNames: ["background", "class 1"], cases });
    expect(numbered["text/plain"]).toMatch(/the data do not name them; set classNames \(--classes/);
  });

  it("a case, a sample, a list of them and a plane: a picture and one line", async () => {
    const one = await show(item("a", [1, 2]));
    expect(one["text/plain"]).toBe("a: 48 x 64, group a, HU, classes 0, 1, 2");
    expect(pictures(one["text/html"])).toBe(1);
    const many = await show(Array.from({ length: 12 }, (_, i) => item(`s${i}`, null)));
    expect(many["text/plain"]).toMatch(/^12 slices: s0, s1, .*, …$/);
    expect(many["text/html"]).toContain("4 of them shown");
    const mask = await show(sampleMask(scan, [2]));
    expect(mask["text/plain"]).toBe("48 x 64 plane, mask with classes 0, 2");
    expect((await show(scan))["text/plain"]).toMatch(/^48 x 64 plane, values from -1000 to /);
  });

  it("what fit returns: how it ended, and its curves", async () => {
    const records = [1, 2].map((epoch) => ({ epoch, loss: 1 / epoch }));
    const result = { records, ended: "earlyStop", bestEpoch: 1, steps: 8, seconds: 100 };
    const bundle = await show(result);
    expect(bundle["text/plain"]).toMatch(
      /^Training stopped early after 2 epochs in 1\.7 min; weights of epoch 1, the best/,
    );
    expect(bundle["text/html"]).toContain("<svg");
  });

  it("a run: its network and data, how its training ended, and its curves", async () => {
    const records = [1, 2].map((epoch) => ({ epoch, loss: 1 / epoch }));
    const result = { records, ended: "completed", bestEpoch: 2, steps: 8, seconds: 30 };
    const counts = { trainCases: 36, validationCases: 4, testCases: 10 };
    const data = { source: "d", name: "ward <1>", ...counts, splitNote: "Split by slices." };
    const record = { model: "residualAttentionUnet", data, result };
    const bundle = await show({ folder: "runs/first", record, model: {}, models: [{}] });
    expect(bundle["text/plain"]).toMatch(
      /^Residual Attention U-Net in runs\/first; trained on ward <1>: 36 slices for training, 4 for validation, 10 for testing\. Split by slices\. Training completed after 2 epochs in 30 s/,
    );
    expect(bundle["text/html"]).toContain("ward &lt;1&gt;");
    expect(bundle["text/html"]).toContain("<svg");
  });

  it("predictions: their number, and the first of them", async () => {
    const masks = Array.from({ length: 6 }, () => sampleMask(scan, [2]));
    const bundle = await show(masks);
    expect(bundle["text/plain"]).toMatch(/^6 masks: 48 x 64 plane, mask with classes 0, 2; .*; …$/);
    expect(pictures(bundle["text/html"])).toBe(4);
    expect((await show([scan]))["text/plain"]).toMatch(/^1 plane: 48 x 64 plane, values from/);
  });

  it("an explanation: the pixel's class, and a row per layer", async () => {
    const curve = (area: number) => ({ scores: [area], area });
    const deletion = [
      {
        ...{ layer: "decoder0/attention", fractions: [0], attended: curve(0.25) },
        ...{ random: curve(0.5), nearby: null, advantage: 0.25, advantageNearby: null, wins: 0.9 },
      },
    ];
    const maps = { attention: [], gates: [], buckets: [] };
    const explanation = { ...maps, query: [3, 5], label: 2, probability: 0.8, deletion };
    const bundle = await show(explanation);
    expect(bundle["text/plain"]).toMatch(/^Pixel \[3, 5\]: class 2, probability 0\.800/);
    expect(bundle["text/plain"]).toMatch(/decoder0\/attention\s+0\.250\s+0\.500\s+0\.250\s+90 %/);
    expect(bundle["text/html"]).toContain("<table");
    const without = await show({ ...explanation, deletion: [] });
    expect(without["text/html"]).not.toContain("<table");
  });

  it("a learning-rate test: its curve, and the suggested rate", async () => {
    const points = [1e-3, 1e-2].map((learningRate) => ({ learningRate, loss: 1 }));
    expect((await show({ points, suggested: 0.01 }))["text/plain"]).toMatch(
      /^Loss by learning rate, 2 steps; suggested rate 1\.0e-2/,
    );
    expect((await show({ points, suggested: null }))["image/svg+xml"]).toContain("<svg");
  });

  it("an evaluation: a row per foreground class, with its number of cases", async () => {
    const spread = (mean: number, infiniteCount = 0) => ({
      mean,
      sd: 0.1,
      interval: { low: mean - 0.1, high: mean + 0.1 },
      infiniteCount,
    });
    const whereTruth = {
      dice: spread(0.5),
      precision: spread(0.6),
      recall: spread(0.4),
      hd95: spread(12, 2),
    };
    const perClass = ["background", "lesion"].map((name, label) => ({
      name,
      label,
      casesWithTruth: 9,
      casesWithFalseAlarm: 3,
      whereTruth,
    }));
    const bundle = await show({
      records: [],
      summary: { cases: 12, groups: 7, dice: 0.5, perClass },
    });
    expect(bundle["text/plain"]).toMatch(
      /lesion\s+0\.500\s+0\.400 to 0\.600\s+0\.600\s+0\.400\s+12\.0 \(2 missed\)\s+9\s+3/,
    );
    expect(bundle["text/plain"]).not.toMatch(/^background/m);
    const summary = await show({ cases: 12, groups: 7, dice: 0.5, perClass });
    expect(summary["text/plain"]).toMatch(/^lesion\s+0\.500/m);
  });

  it("records of cases: their Dice per class, the lowest first", async () => {
    const plane = (data: readonly number[]) => ({
      height: 1,
      width: 4,
      data: Uint8Array.from(data),
    });
    const item = (id: string, truth: readonly number[]) => ({
      id,
      group: id,
      labels: plane(truth),
      spacingMm: null,
    });
    const cases = [
      item("whole", [1, 1, 0, 2]),
      item("half", [1, 1, 0, 0]),
      item("none", [0, 0, 0, 0]),
    ];
    const found = [
      [1, 1, 0, 2],
      [1, 0, 0, 0],
      [0, 0, 0, 1],
    ].map(plane);
    const { records } = scorePredictions(cases, found, ["background", "lesion", "other"]);
    const lines = (await show(records))["text/plain"].split("\n");
    expect(lines[0]).toMatch(/^Dice per case, lowest first/);
    expect(lines.slice(2).map((line) => line.trim().split(/\s+/))).toEqual([
      ["half", "0.667", "0.667", "-"],
      ["whole", "1.000", "1.000", "1.000"],
      ["none", "-", "-", "-"],
    ]);
    const many = Array.from({ length: 21 }, () => records[0]);
    const shownRows = (await show(many))["text/plain"].split("\n");
    expect(shownRows).toHaveLength(22);
    expect(shownRows[0]).toContain("the 20 lowest of 21");
  });

  it("plain plotly JSON: the figure", async () => {
    const bundle = await show({ data: [{ y: [1, 2] }], layout: { title: { text: "Mine" } } });
    expect(Object.keys(bundle)).toContain("application/vnd.plotly.v1+json");
    expect(bundle["text/plain"]).toBe("Mine, 1 trace.");
  });

  it("leaves other values alone", async () => {
    for (const value of [{ data: 3, layout: {} }, { records: [] }, [], [1], { height: 2 }]) {
      expect(Object.keys(await show(value))).toEqual(["text/plain"]);
    }
  });
});

describe("liveCurves", () => {
  const record = (epoch: number) => ({
    epoch,
    step: epoch,
    loss: 1 / epoch,
    validationLoss: null,
    validationDice: 0.1 * epoch,
    learningRate: 1e-3,
    seconds: 1,
  });
  afterEach(() => setDisplayHost(null));

  it("redraws one output after each epoch, and ends with the interactive figure", async () => {
    const shown: { bundle: MimeBundle; id: string | undefined; update: boolean }[] = [];
    setDisplayHost({
      publish: (bundle, { id, update }) => shown.push({ bundle, id, update }),
      clearOutput: () => undefined,
      input: () => null,
      cell: 1,
      comms: noComms,
      interruptFlag: new Int32Array(2),
    });
    const callback = liveCurves();
    const plan = {
      model: "unet",
      epochs: 3,
      stepsPerEpoch: 1,
      totalSteps: 3,
      resumedAtStep: 1,
      records: [record(1)],
      settings: {},
    };
    await callback({ type: "begin", plan });
    for (const epoch of [2, 3]) await callback({ type: "epoch", record: record(epoch) });
    const result = {
      records: [record(1), record(2), record(3)],
      ended: "completed" as const,
      bestEpoch: 3,
      steps: 3,
      seconds: 3,
      resumedAtStep: 1,
    };
    await callback({ type: "end", result });
    expect(shown.map(({ update }) => update)).toEqual([false, true, true]);
    expect(new Set(shown.map(({ id }) => id)).size).toBe(1);
    expect(shown[0].bundle["text/plain"]).toMatch(/^Epoch 2 of 3\. U-Net: .* over 2 epochs/);
    expect(shown[0].bundle["application/vnd.plotly.v1+json"]).toBeUndefined();
    expect(shown[2].bundle["application/vnd.plotly.v1+json"]).toBeDefined();
  });

  it("does nothing in a terminal", () => {
    expect(() => void liveCurves()({ type: "epoch", record: record(1) })).not.toThrow();
  });
});
