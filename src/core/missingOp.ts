import { BackendError } from "./errors";

/** What tfjs says where a backend has no form of an op. */
const MISSING = /Kernel '([^']+)' not registered for backend '([^']+)'/;

/**
 * tfjs' error about an op that the backend lacks as one of ours, which says where it happened and what to
 * do; every other error as it is.
 */
export function tellMissingOp(where: string, error: unknown): unknown {
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
        'Choose another before the model is made, e.g. `await tf.setBackend("webgl")`; ' +
        "docs/backends.md lists what each backend lacks",
      cause: error,
    },
    op,
    backend,
  );
}
