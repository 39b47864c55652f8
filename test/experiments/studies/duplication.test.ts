import { createRandom } from "../../../src/core/random";
import { loadEngine } from "../../../src/engine/load";
import {
  duplicationSequences,
  duplicationTable,
  trainDuplication,
} from "../../../src/experiments/studies/duplication";

loadEngine();

describe("the duplication task", () => {
  it("has sequences 0 w 0 w", () => {
    const tokens = duplicationSequences(createRandom(3), 5, { length: 12, symbols: 4 }).arraySync();
    for (const sequence of tokens) {
      expect(sequence.slice(6)).toEqual(sequence.slice(0, 6));
      expect(sequence[0]).toBe(0);
      expect(sequence.slice(1, 6).every((symbol) => symbol >= 1 && symbol <= 4)).toBe(true);
    }
    expect(new Set(tokens.map(String)).size).toBe(5);
  });

  it("is learned by LSH attention, with higher accuracy for more hash rounds", () => {
    const steps: number[] = [];
    const { accuracies, loss } = trainDuplication({
      length: 32,
      symbols: 7,
      bucketSize: 4,
      steps: 400,
      seed: 1,
      onProgress: (step) => steps.push(step),
    });
    expect(steps).toEqual([50, 100, 150, 200, 250, 300, 350, 400]);
    expect(loss).toBeLessThan(0.05);
    expect(accuracies.map(({ evaluatedWith }) => evaluatedWith)).toEqual(["full", 8, 4, 2, 1]);
    const [full, eight, four, two, one] = accuracies.map(({ accuracy }) => accuracy);
    expect(full).toBeGreaterThan(0.99);
    // The paper's row of LSH-4: 100, 99.9, 99.4 and 91.9 percent by 8, 4, 2 and 1 rounds.
    expect(eight).toBeGreaterThan(0.99);
    expect(eight).toBeGreaterThanOrEqual(four);
    expect(four).toBeGreaterThan(two);
    expect(two).toBeGreaterThan(one);
    expect(one).toBeGreaterThan(0.75);
    expect(one).toBeLessThan(0.99);
  });

  it("is shown in percent", () => {
    const accuracies = [
      { evaluatedWith: "full", accuracy: 1 },
      { evaluatedWith: 2, accuracy: 0.994 },
    ] as const;
    expect(duplicationTable([{ trainedWith: 4, loss: 0.01, seconds: 30, accuracies }])).toBe(
      "| trained with | full attention | LSH-2 |\n| --- | --- | --- |\n| LSH-4 | 100.0 | 99.4 |",
    );
  });

  it("rejects heads that do not divide the channels", () => {
    expect(() => trainDuplication({ dim: 64, numHeads: 5 })).toThrow(
      /trainDuplication.numHeads: expected a divisor of dim 64, got 5/,
    );
  });

  it("rejects an odd length", () => {
    expect(() => trainDuplication({ length: 63 })).toThrow(
      /trainDuplication.length: expected an even number of at least 4, got 63/,
    );
  });
});
