import { inspect } from "node:util";
import { DISPLAY, SHOWN, displayHost } from "./host";
import type { MimeBundle } from "./host";
import { richBundle } from "./rich";

export type { MimeBundle } from "./host";

/** How {@link display} places its output. */
export interface DisplayOptions {
  /** Names the output: a second call with the same id in the same cell replaces the first one's. */
  readonly id?: string;
  /** Replaces existing outputs with this id instead of adding one; for the default, see `id`. */
  readonly update?: boolean;
}

/** The cell in which each id last got an output. */
const shownIn = new Map<string, number>();

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Whether a value is a promise, possibly of another realm: a cell's globals may differ from ours. */
function isThenable<T>(value: T): value is T & Promise<MimeBundle> {
  return isObject(value) && "then" in value && typeof value.then === "function";
}

function plainText(value: unknown): string {
  return typeof value === "string" ? value : inspect(value, { depth: 4, maxArrayLength: 50 });
}

/**
 * A value in every form in which it can be shown.
 *
 * The first that applies: the value's own `[Symbol.for("Jupyter.display")]()`, a format that the toolkit
 * knows (tensors, models, tables, its errors), Node's text.
 *
 * @returns at least `text/plain`; a promise if the value's own method is asynchronous
 * @example
 * toMimeBundle("scan"); // { "text/plain": "scan" }
 */
export function toMimeBundle(value: unknown): MimeBundle | Promise<MimeBundle> {
  if (isObject(value)) {
    const method = (value as { [DISPLAY]?: unknown })[DISPLAY];
    if (typeof method === "function") {
      const own: unknown = method.call(value);
      const complete = (bundle: unknown): MimeBundle => ({
        "text/plain": plainText(value),
        ...(isObject(bundle) ? bundle : {}),
      });
      return isThenable(own) ? own.then(complete) : complete(own);
    }
    const known = richBundle(value);
    if (known !== null) return known;
  }
  return { "text/plain": plainText(value) };
}

/**
 * Shows a value: in a notebook in the richest form the frontend supports, in a terminal as text.
 *
 * It is shown before the call returns, unless the value's own method is asynchronous.
 *
 * @param value a figure, a tensor, a model, a table, or anything else
 * @param options.id names the output; calling again with the id in the cell replaces it
 */
export function display(value: unknown, options: DisplayOptions = {}): Promise<void> {
  // Marked so that as a cell's last expression the promise itself is not shown as well.
  return Object.assign(show(value, options), { [SHOWN]: true });
}

async function show(value: unknown, options: DisplayOptions): Promise<void> {
  const bundle = toMimeBundle(value);
  displayBundle(isThenable(bundle) ? await bundle : bundle, options);
}

/**
 * Shows a bundle as it is; see {@link display}.
 *
 * @param bundle data by MIME type
 * @param options as in {@link display}
 */
export function displayBundle(bundle: MimeBundle, options: DisplayOptions = {}): void {
  const { id } = options;
  const host = displayHost();
  if (host === null) {
    const text = bundle["text/plain"];
    process.stdout.write(`${typeof text === "string" ? text : JSON.stringify(bundle)}\n`);
    return;
  }
  if (id === undefined) return host.publish(bundle, { update: false });
  // A widget's handler has no cell of its own, so its output replaces that of a cell.
  const update =
    options.update ?? (host.cell === null ? shownIn.has(id) : shownIn.get(id) === host.cell);
  if (host.cell !== null) shownIn.set(id, host.cell);
  host.publish(bundle, { id, update });
}

/**
 * Removes the running cell's outputs; does nothing in a terminal.
 *
 * @param options.wait keeps them until the next output arrives, to avoid flicker
 */
export function clearOutput(options: { readonly wait?: boolean } = {}): void {
  displayHost()?.clearOutput(options.wait ?? false);
}
