// @ts-check
import { SetupFailure } from "./failure.mjs";
import { hashOf } from "./stamps.mjs";

/**
 * @typedef {import("./context.mjs").Context} Context
 * @typedef {import("./context.mjs").Step<any>} AnyStep
 * @typedef {import("./stamps.mjs").Stamps} Stamps
 */

/**
 * Runs each step that has something to do, and says so.
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
    // The inputs again: a step may have made one of them.
    stamps.write(step.name, hashOf(step.inputs(context)), result);
    context.results[step.name] = result;
    const what = step.describe?.(result);
    context.say(`  ok${what === undefined ? "" : `: ${what}`} (${seconds(started)})`);
  }
  context.say(`Set-up: ${count === 0 ? "nothing to do" : "done"} (${seconds(began)})`);
}

/**
 * @typedef {object} StepState
 * @property {string} name
 * @property {string} title
 * @property {boolean} isDone
 * @property {string} detail
 */

/**
 * How each step stands, without doing any.
 *
 * @param {readonly AnyStep[]} steps
 * @param {Context} context
 * @param {Stamps} stamps
 * @returns {StepState[]}
 */
export function checkSteps(steps, context, stamps) {
  /** @type {StepState[]} */
  const states = [];
  for (const { name, title, ...step } of steps) {
    const state = { name, title, isDone: false, detail: "" };
    states.push(state);
    // Later steps build on what earlier ones left.
    const before = states.slice(0, -1).find((earlier) => !earlier.isDone);
    if (before !== undefined) {
      state.detail = `waits for: ${before.title}`;
      continue;
    }
    try {
      state.isDone = isDone({ name, title, ...step }, context, stamps);
      const result = context.results[name];
      state.detail = state.isDone ? (step.describe?.(result) ?? "") : "to be done";
    } catch (error) {
      if (!(error instanceof SetupFailure)) throw error;
      state.detail = error.message;
    }
  }
  return states;
}

/**
 * Whether a step has nothing to do; if so, its result is handed to those after it.
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
