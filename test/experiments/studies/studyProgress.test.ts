import { join } from "node:path";
import { setDisplayHost } from "../../../src/display";
import type { MimeBundle } from "../../../src/display";
import { loadEngine } from "../../../src/engine/load";
import { presetConfig } from "../../../src/experiments/config/presets";
import { ablateModel } from "../../../src/experiments/studies/ablateModel";
import type * as Evaluation from "../../../src/experiments/evaluation/evaluateModel";
import { roughDuration } from "../../../src/experiments/studies/roughDuration";
import { noComms } from "../../support/noComms";
import { tempFolder } from "../../support/tempFolder";
import { discDataset } from "../support/discDataset";

/** The second number counts the sections that a stop does not terminate. */
const mockFlag = new Int32Array(2);
const mockSections: number[] = [];
jest.mock("../../../src/experiments/evaluation/evaluateModel", () => {
  const actual = jest.requireActual<typeof Evaluation>(
    "../../../src/experiments/evaluation/evaluateModel",
  );
  const evaluateModel: typeof actual.evaluateModel = (...args) => {
    mockSections.push(Atomics.load(mockFlag, 1));
    return actual.evaluateModel(...args);
  };
  return { ...actual, evaluateModel };
});

loadEngine();
const root = tempFolder();
afterEach(() => setDisplayHost(null));

it("a study in a notebook shows its estimated cost before its first step is done", async () => {
  const shown: MimeBundle[] = [];
  setDisplayHost({
    publish: (bundle) => shown.push(bundle),
    clearOutput: () => undefined,
    input: () => null,
    cell: 1,
    comms: noComms,
    interruptFlag: mockFlag,
  });
  const ablation = await ablateModel({
    config: presetConfig("smoke", {
      ...{ size: 16, epochs: 1, compiled: false, batchSize: 2, folds: 2 },
      model: { filters: 4, depth: 2, attentionLevels: [1] },
    }),
    ...{ factors: { part: ["M-A"] }, out: join(root, "ablation") },
    ...{ source: "discs", dataset: discDataset() },
  });
  expect(ablation.isComplete).toBe(true);
  const texts = shown.map((bundle) => String(bundle["text/plain"]));
  expect(texts[0]).toMatch(
    /^ablate: 0\/\d+ steps · jobs 0\/4 .*· expected very roughly \d+ (s|min|h) · /,
  );
  expect(texts.at(-1)).toMatch(/^ablate: (\d+)\/\1 steps · jobs 4\/4 · /);
  expect(texts.at(-1)).not.toContain("expected");
  // A prediction that a stop terminated would leave the study's folder locked.
  expect(mockSections).toEqual([1, 1, 1, 1]);
});

it("formats an estimated time in a suitable unit", () => {
  expect([0.2, 89, 90, 5399, 5400, 40_000].map(roughDuration)).toEqual([
    ...["1 s", "89 s", "2 min", "90 min", "1.5 h", "11 h"],
  ]);
});
