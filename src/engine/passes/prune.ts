import type { RecordedFunction } from "../graph";
import { selectNodes } from "./rewrite";

/** Removes every node that neither a result nor an effect needs. Parameters are kept. */
export function prune(fn: RecordedFunction): RecordedFunction {
  const needed = new Set<number>(fn.parameters);
  const pending = [...fn.results.map(({ node }) => node), ...fn.effects];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (needed.has(index)) continue;
    needed.add(index);
    const { inputs, controls } = fn.nodes[index];
    pending.push(...inputs.map(({ node }) => node), ...controls);
  }
  return selectNodes(fn, (index) => needed.has(index));
}
