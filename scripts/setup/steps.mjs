// @ts-check
import { SetupFailure } from "./failure.mjs";
import { hashOf } from "./stamps.mjs";

/**
 * @typedef {import("./context.mjs").Context} Context
 * @typedef {import("./context.mjs").Step<any>} AnyStep
 * @typedef {import("./stamps.mjs").Stamps} Stamps
 */

/**
 * Runs each step that is not up to date, and reports it.
 *
 * @param {readonly AnyStep[]} steps
 * @param {Context} context
 * @param {Stamps} stamps
 */
export async function runSteps(steps, context, stamps) {
  const began = Date.now();
  let count = 0;
  for (const step of steps) {
    if (isDone(step, context, stamps)) continue;
    count += 1;
    const started = Date.now();
    context.say(`Set-up: ${step.title}`);
    stamps.clear(step.name);
    const result = await step.run(context);
    // Computed again: the step may have changed one of its inputs.
    stamps.write(step.name, hashOf(step.inputs(context)), result);
    context.results[step.name] = result;
    const what = step.describe?.(result);
    context.say(`  ok${what === undefined ? "" : `: ${what}`} (${seconds(started)})`);
  }
  context.say(`Set-up: ${count === 0 ? "nothing to do" : "done"} (${seconds(began)})`);
}

/**
 * The state of a step: `stale` if it succeeded once and its inputs have changed since.
 *
 * @typedef {object} StepState
 * @property {string} name
 * @property {string} title
 * @property {"done" | "stale" | "open"} state
 * @property {string} detail
 */

/**
 * The state of each step, without running any.
 *
 * @param {readonly AnyStep[]} steps
 * @param {Context} context
 * @param {Stamps} stamps
 * @returns {StepState[]}
 */
export function checkSteps(steps, context, stamps) {
  return steps.map((step) => {
    const { name, title } = step;
    try {
      return { name, title, ...standing(step, context, stamps) };
    } catch (error) {
      const missing = error instanceof SetupFailure || error instanceof TypeError;
      if (!missing) throw error;
      // Its inputs are made by an earlier step that is not done.
      const detail = error instanceof SetupFailure ? error.message : "waits for the steps above";
      return { name, title, state: /** @type {const} */ ("open"), detail };
    }
  });
}

/**
 * @param {AnyStep} step
 * @param {Context} context
 * @param {Stamps} stamps
 * @returns {Pick<StepState, "state" | "detail">}
 */
function standing(step, context, stamps) {
  if (isDone(step, context, stamps)) {
    return { state: "done", detail: step.describe?.(context.results[step.name]) ?? "" };
  }
  const stamp = stamps.read(step.name);
  if (stamp === null) return { state: "open", detail: "not done yet" };
  context.results[step.name] = stamp.result;
  return step.isWhole(context, stamp.result)
    ? { state: "stale", detail: "done, but its inputs have changed since" }
    : { state: "open", detail: "its result is missing or modified" };
}

/**
 * Whether a step is up to date; if so, its result is passed to the following steps.
 *
 * @param {AnyStep} step
 * @param {Context} context
 * @param {Stamps} stamps
 */
function isDone(step, context, stamps) {
  const stamp = stamps.read(step.name);
  if (stamp === null || stamp.key !== hashOf(step.inputs(context))) return false;
  if (!step.isWhole(context, stamp.result)) return false;
  context.results[step.name] = stamp.result;
  return true;
}

/** @param {number} since */
function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
