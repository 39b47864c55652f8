import { totalmem } from "node:os";
import { availableMemory, mayStart } from "../../../src/experiments/studies/executors/memory";

const GIB = 2 ** 30;

describe("mayStart", () => {
  const second = { running: 1, most: 2, peaks: [GIB], unknown: 0, available: 2 * GIB };

  it("starts the first job whatever is known", () => {
    expect(mayStart({ running: 0, most: 1, peaks: [], unknown: 0, available: 0 })).toBe(true);
  });

  it("starts a second one where the largest job so far and a quarter more are free", () => {
    expect(mayStart(second)).toBe(true);
    expect(mayStart({ ...second, available: 1.25 * GIB })).toBe(true);
    expect(mayStart({ ...second, available: 1.25 * GIB - 1 })).toBe(false);
    expect(mayStart({ ...second, peaks: [GIB, 3 * GIB] })).toBe(false);
  });

  it("waits until every running job has said how much it takes", () => {
    expect(mayStart({ ...second, unknown: 1 })).toBe(false);
    expect(mayStart({ ...second, peaks: [] })).toBe(false);
  });

  it("never starts more than were asked for", () => {
    expect(mayStart({ ...second, running: 2 })).toBe(false);
  });
});

describe("availableMemory", () => {
  it("is a part of the machine's", () => {
    expect(availableMemory()).toBeGreaterThan(0);
    expect(availableMemory()).toBeLessThanOrEqual(totalmem());
  });
});
