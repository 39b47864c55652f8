// @ts-check
import { hashOf } from "./stamps.mjs";

/**
 * Runs each step that has something to do, and says so.
 *
 * @param {readonly import("./context.mjs").Step<any>[]} steps
 * @param {import("./context.mjs").Context} context
 * @param {import("./stamps.mjs").Stamps} stamps
 */
export async function runSteps(steps, context, stamps) {
  const began = Date.now();
  let count = 0;
  for (const step of steps) {
    const key = hashOf(step.inputs(context));
    const stamp = stamps.read(step.name);
    if (stamp !== null && stamp.key === key && step.isWhole(context, stamp.result)) {
      context.results[step.name] = stamp.result;
      continue;
    }
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
  context.say(
    count === 0 ? `Set-up: nothing to do (${seconds(began)})` : `Set-up: done (${seconds(began)})`,
  );
}

/** @param {number} since */
function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
