import type { TraceError } from "../core/errors";

/** The state of a trace in progress: written by the guards, read by the recorder. */
export class TraceContext {
  /** Names of the layers that are being applied, the innermost last. */
  readonly layers: string[] = [];
  /** tfjs' kernels that are running, the innermost last. */
  readonly kernels: string[] = [];
  /** Data created during the trace; all other data was captured from outside. */
  readonly made = new WeakSet();
  /** The first recording error, since user code may have swallowed it. */
  failure: TraceError | null = null;

  /** @param name the function's name, for messages */
  constructor(readonly name: string) {}

  /** The path of the layer that is being applied, or `null`. */
  get layer(): string | null {
    return this.layers.length === 0 ? null : this.layers.join("/");
  }

  /** The tfjs kernel that runs now, or `null`. */
  get kernel(): string | null {
    return this.kernels.at(-1) ?? null;
  }

  /** `Mul in layer "decoder/conv"` */
  inLayer(what: string): string {
    return this.layer === null ? what : `${what} in layer "${this.layer}"`;
  }

  /** Stores the error for the end of the trace and throws it. */
  fail(error: TraceError): never {
    this.failure ??= error;
    throw error;
  }
}
