/**
 * Typed errors. Each message reads `where: expected …, got …`, followed by the remedy, so that one
 * line is enough to fix the input.
 */

/** The parts of an error's message; see {@link LayerbookError}. */
export interface ErrorDetails {
  /** What rejected the input, e.g. `LSHAttention.qk` or a file name. */
  readonly where: string;
  /** What would have been accepted. */
  readonly expected: string;
  /** What was given. */
  readonly got: string;
  /** How to fix it, as a sentence. */
  readonly remedy?: string;
  /** The error underneath, if one was caught. */
  readonly cause?: unknown;
}

/**
 * Base of all errors that layerbook throws on purpose.
 *
 * Its properties are not enumerable: the message already contains them, and `console.error` would
 * print each one again.
 */
export class LayerbookError extends Error {
  declare readonly where: string;
  declare readonly expected: string;
  declare readonly got: string;
  declare readonly remedy: string | undefined;

  constructor(details: ErrorDetails) {
    const { where, expected, got, remedy, cause } = details;
    const tail = remedy === undefined ? "" : `. ${remedy}`;
    const message = `${where}: expected ${expected}, got ${got}${tail}`;
    // Node prints a cause even if it is undefined.
    super(message, cause === undefined ? undefined : { cause });
    const parts = { name: new.target.name, where, expected, got, remedy };
    for (const [key, value] of Object.entries(parts)) {
      if (value === undefined) continue;
      Object.defineProperty(this, key, { value, configurable: true, writable: true });
    }
  }
}

/** A tensor whose shape or dtype does not fit. */
export class ShapeError extends LayerbookError {}

/** An argument or option outside what is allowed. */
export class ConfigError extends LayerbookError {}

/** A file or data set that cannot be read as what it claims to be. */
export class DataError extends LayerbookError {}

/** A computation that cannot be recorded as a graph. */
export class TraceError extends LayerbookError {}

/** A tensor holds NaN or infinity. */
export class NumericsError extends LayerbookError {}

/** The engine, the kernel or another installed part is missing or does not fit. */
export class SetupError extends LayerbookError {}

/** The current backend of tfjs lacks an op. */
export class BackendError extends LayerbookError {
  /** @param op tfjs' name of the op, e.g. `Conv2DBackpropFilter` */
  constructor(
    details: ErrorDetails,
    readonly op: string,
    readonly backend: string,
  ) {
    super(details);
  }
}
