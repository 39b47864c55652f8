import type * as tf from "@tensorflow/tfjs";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadEngine } from "../../src/engine/load";
import { expectClose } from "./close";
import { evaluateCase } from "./evaluateCase";
import type { CaseResult, LayerCase } from "./evaluateCase";

export { createDraw } from "./evaluateCase";
export type { LayerCase } from "./evaluateCase";

/** The cases of `test/golden/NAME.json`. */
export function readCases<C>(name: string): C[] {
  const path = join(__dirname, "..", "golden", `${name}.json`);
  return (JSON.parse(readFileSync(path, "utf8")) as { cases: C[] }).cases;
}

/** The largest allowed deviation from a golden, relative to the largest value. */
interface Tolerances {
  readonly values: number;
  readonly gradients: number;
}

/** Compares a layer's results for a case with the golden. */
export function expectCase(
  result: CaseResult,
  golden: LayerCase,
  allowed: Tolerances,
  rightlyZero: readonly string[] = [],
): void {
  expect([...result.weights].sort()).toEqual(golden.weights.map(([name]) => name).sort());
  expect(result.outputShape).toEqual(golden.outputShape);
  expectClose(result.output, golden.output, allowed.values, "output");
  for (const [name, values] of Object.entries(golden.buffers)) {
    expectClose(result.buffers[name], values, allowed.gradients, name);
  }
  expect(Object.keys(result.gradients).sort()).toEqual(Object.keys(golden.gradients).sort());
  for (const [name, values] of Object.entries(golden.gradients)) {
    if (rightlyZero.includes(name)) {
      const largest = Math.max(...[...values, ...result.gradients[name]].map(Math.abs));
      expect(largest).toBeLessThan(1e-4);
      continue;
    }
    expectClose(result.gradients[name], values, allowed.gradients, `gradient of ${name}`);
  }
}

/**
 * Compares a layer with a golden case: values within 1e-4, gradients of all inputs and weights and the
 * running statistics within 1e-3.
 *
 * @param rightlyZero weights whose gradient is zero except for rounding
 */
export function expectGolden(
  layer: tf.layers.Layer,
  golden: LayerCase,
  rightlyZero: readonly string[] = [],
): void {
  loadEngine();
  const allowed = { values: 1e-4, gradients: 1e-3 };
  expectCase(evaluateCase(layer, golden), golden, allowed, rightlyZero);
}
