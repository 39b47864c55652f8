import { TraceError } from "../core/errors";
import type { Trace } from "./trace";

/**
 * Rejects a model that writes variables when it predicts: once they are constants, every call would
 * start from the same values.
 *
 * @throws TraceError that names them
 */
export function rejectUpdates(where: string, { updated }: Pick<Trace, "updated">): void {
  if (updated.length === 0) return;
  throw new TraceError({
    where,
    expected: "a model that writes no variable when it predicts",
    got: `one that writes ${updated.map(({ name }) => `"${name}"`).join(", ")}`,
    remedy:
      "Compile (x) => model.apply(x) instead, which keeps the states of recurrent layers with " +
      "stateful: true from call to call; or pass states as inputs and outputs of the model.",
  });
}
