/** What a frontend is handed: one entry a MIME type; it takes the richest one it can show. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** The method by which a value says how it shows itself, as Deno's ecosystem names it. */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display") as never;

/** Marks a value that has shown itself: as a cell's last expression it shows nothing more. */
export const SHOWN: unique symbol = Symbol.for("layerbook.shown") as never;

/** Where a bundle goes. */
export interface PublishOptions {
  /** Names the output, so that a later call can replace it. */
  readonly id?: string;
  /** Replaces every output of this id; otherwise a new output is made. */
  readonly update: boolean;
}

/** What travels beside the data of a comm's message. */
export interface CommExtras {
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Bytes that JSON could not carry. */
  readonly buffers?: readonly Uint8Array[];
}

/** A message that arrived over a comm. */
export interface CommMessage {
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}

/** What takes a comm's messages; the next message waits for a promise that it returns. */
export type CommHandler = (message: CommMessage) => unknown;

/** A channel between a cell's code and the frontend's. */
export interface Comm {
  readonly id: string;
  readonly target: string;
  /** False once either side has closed it. */
  readonly isOpen: boolean;
  /** Sends to the frontend's end. */
  send(data: Readonly<Record<string, unknown>>, extras?: CommExtras): void;
  /** Closes both ends; a second call does nothing. */
  close(data?: Readonly<Record<string, unknown>>, extras?: CommExtras): void;
  /**
   * Calls a handler for each message, or when the frontend closes its end.
   *
   * @returns removes the handler
   */
  on(event: "message" | "close", handler: CommHandler): () => void;
}

/** How a target takes a comm that the frontend opens. */
export type CommTarget = (comm: Comm, message: CommMessage) => unknown;

/** The kernel's comms. */
export interface CommHost {
  open(target: string, data: Readonly<Record<string, unknown>>, extras: CommExtras): Comm;
  /** @returns removes the target, unless another one has taken its name */
  register(target: string, onOpen: CommTarget): () => void;
  /** Those that are open. */
  list(): readonly Comm[];
}

/**
 * What a notebook kernel gives the toolkit. It stands on `globalThis[HOST]`, not in a module's
 * variable, since cells load a build of their own.
 */
export interface DisplayHost {
  publish(bundle: MimeBundle, options: PublishOptions): void;
  /** Removes the running cell's outputs; with `wait`, when the next one arrives. */
  clearOutput(wait: boolean): void;
  /** Asks the user for a line; `null` where the frontend cannot ask. */
  input(prompt: string, password: boolean): Promise<string> | null;
  /**
   * Counts the cells that were started, so that a re-run cell makes its outputs again; `null` while
   * a message from the frontend is handled, whose outputs belong to no cell.
   */
  readonly cell: number | null;
  readonly comms: CommHost;
  /**
   * Over a SharedArrayBuffer. `[0]` is 1 while an interrupt is asked for, until the cell ends;
   * `[1]` counts the sections that stop by themselves when they see it.
   */
  readonly interruptFlag: Int32Array;
}

/** The host's place on `globalThis`. */
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
