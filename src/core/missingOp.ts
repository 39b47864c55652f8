import { BackendError } from "./errors";

/** tfjs' message when a backend does not implement an op. */
const MISSING = /Kernel '([^']+)' not registered for backend '([^']+)'/;

/**
 * Turns tfjs' error about an op that the backend lacks into a BackendError, which says where it
 * happened and what to do; returns every other error unchanged.
 */
export function explainMissingOp(where: string, error: unknown): unknown {
  const { message } = (error ?? {}) as { readonly message?: unknown };
  const found = typeof message === "string" ? MISSING.exec(message) : null;
  if (found === null || error instanceof BackendError) return error;
  const [, op, backend] = found;
  return new BackendError(
    {
      where,
      expected: `a backend that has ${op}`,
      got: `"${backend}", which lacks it`,
      remedy:
        'Choose another before you create the model, e.g. `await tf.setBackend("webgl")`; ' +
        "docs/backends.md lists what each backend lacks",
      cause: error,
    },
    op,
    backend,
  );
}
