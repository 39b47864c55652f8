import type { OpListing } from "../../core/ops/registry";

/** The registered ops as a table: the name, the form that runs, and the TensorFlow ops it uses. */
export function formatOps(ops: readonly OpListing[], backend: string): string {
  const rows = [...ops].sort((a, b) => a.name.localeCompare(b.name));
  const width = Math.max(2, ...rows.map(({ name }) => name.length));
  const lines = rows.map(({ name, active, tensorflowOps }) => {
    const native = tensorflowOps.length === 0 ? "no native form" : tensorflowOps.join(", ");
    return `${name.padEnd(width)}  ${active.padEnd(9)}  ${native}`;
  });
  return [`${"op".padEnd(width)}  runs       TensorFlow ops (backend ${backend})`, ...lines].join(
    "\n",
  );
}
