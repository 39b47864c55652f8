/** Data by MIME type; the frontend shows the richest one it supports. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** The method by which a value defines how it is shown; the name comes from Deno. */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display") as never;

/** Marks a value that has already been shown: as a cell's last expression it is not shown again. */
export const SHOWN: unique symbol = Symbol.for("layerbook.shown") as never;

/** How a bundle is published. */
export interface PublishOptions {
  /** Names the output, so that a later call can replace it. */
  readonly id?: string;
  /** Replaces every output of this id; otherwise a new output is made. */
  readonly update: boolean;
}

/** Optional parts of a comm message. */
export interface CommExtras {
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Binary data. */
  readonly buffers?: readonly Uint8Array[];
}

/** A message that arrived over a comm. */
export interface CommMessage {
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}

/** Handles a comm's messages; if it returns a promise, the next message waits for it. */
export type CommHandler = (message: CommMessage) => unknown;

/** A channel between a cell's code and the frontend. */
export interface Comm {
  readonly id: string;
  readonly target: string;
  /** False once either side has closed it. */
  readonly isOpen: boolean;
  /** Sends a message to the frontend. */
  send(data: Readonly<Record<string, unknown>>, extras?: CommExtras): void;
  /** Closes both ends; a second call does nothing. */
  close(data?: Readonly<Record<string, unknown>>, extras?: CommExtras): void;
  /**
   * Calls a handler for each message, or when the frontend closes its end.
   *
   * @returns a function that removes the handler
   */
  on(event: "message" | "close", handler: CommHandler): () => void;
}

/** Accepts a comm that the frontend opens. */
export type CommTarget = (comm: Comm, message: CommMessage) => unknown;

/** The kernel's comms. */
export interface CommHost {
  open(target: string, data: Readonly<Record<string, unknown>>, extras: CommExtras): Comm;
  /** @returns a function that removes the target, unless it has been replaced since */
  register(target: string, onOpen: CommTarget): () => void;
  /** The open comms. */
  list(): readonly Comm[];
}

/**
 * The interface between a notebook kernel and the toolkit. It is stored in `globalThis[HOST]`, not in
 * a module variable, because cells load their own build of the toolkit.
 */
export interface DisplayHost {
  publish(bundle: MimeBundle, options: PublishOptions): void;
  /** Removes the running cell's outputs; with `wait`, when the next one arrives. */
  clearOutput(wait: boolean): void;
  /** Asks the user for a line; `null` if the frontend cannot ask. */
  input(prompt: string, password: boolean): Promise<string> | null;
  /**
   * Counts the cells started so far, so that a re-run cell creates its outputs again; `null` while
   * a message from the frontend is handled, whose outputs belong to no cell.
   */
  readonly cell: number | null;
  readonly comms: CommHost;
  /**
   * Backed by a SharedArrayBuffer. `[0]` is 1 from a requested interrupt until the cell ends; `[1]`
   * counts the running sections that poll it and stop by themselves.
   */
  readonly interruptFlag: Int32Array;
}

/** The key of the host on `globalThis`. */
export const HOST: unique symbol = Symbol.for("layerbook.host") as never;

/** The kernel's side, or `null` outside a notebook. */
export function displayHost(): DisplayHost | null {
  return (globalThis as { [HOST]?: DisplayHost })[HOST] ?? null;
}

/** Installs the kernel's side, or removes it. */
export function setDisplayHost(host: DisplayHost | null): void {
  const holder = globalThis as { [HOST]?: DisplayHost };
  if (host === null) delete holder[HOST];
  else holder[HOST] = host;
}
