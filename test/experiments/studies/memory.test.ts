import { totalmem } from "node:os";
import { availableMemory, mayStart } from "../../../src/experiments/studies/executors/memory";

const GIB = 2 ** 30;

describe("mayStart", () => {
  const second = { running: 1, most: 2, peaks: [GIB], unknown: 0, available: 2 * GIB };

  it("always starts the first job", () => {
    expect(mayStart({ running: 0, most: 1, peaks: [], unknown: 0, available: 0 })).toBe(true);
  });

  it("starts a second one if the memory of the largest job and a quarter more is free", () => {
    expect(mayStart(second)).toBe(true);
    expect(mayStart({ ...second, available: 1.25 * GIB })).toBe(true);
    expect(mayStart({ ...second, available: 1.25 * GIB - 1 })).toBe(false);
    expect(mayStart({ ...second, peaks: [GIB, 3 * GIB] })).toBe(false);
  });

  it("waits until the memory of every running job is known", () => {
    expect(mayStart({ ...second, unknown: 1 })).toBe(false);
    expect(mayStart({ ...second, peaks: [] })).toBe(false);
  });

  it("never starts more jobs than requested", () => {
    expect(mayStart({ ...second, running: 2 })).toBe(false);
  });
});

describe("availableMemory", () => {
  it("is at most that of the machine", () => {
    expect(availableMemory()).toBeGreaterThan(0);
    expect(availableMemory()).toBeLessThanOrEqual(totalmem());
  });
});
