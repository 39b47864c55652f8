import type { MimeBundle } from "./host";

/** How values of one kind are shown. */
export interface DisplayFormat {
  /** For error messages, and so that registering twice replaces instead of adding. */
  readonly name: string;
  /** Whether it can show a value. It is called for every value that a cell shows, so it must be fast. */
  readonly matches: (value: object) => boolean;
  readonly toBundle: (value: object) => MimeBundle;
}

const formats = new Map<string, DisplayFormat>();

/**
 * Registers how a kind of value is shown. Values with their own `Symbol.for("Jupyter.display")`
 * method do not use it; formats registered later are tried first.
 *
 * @example
 * registerDisplay({
 *   name: "point",
 *   matches: (value) => "x" in value && "y" in value,
 *   toBundle: () => ({ "text/plain": "a point" }),
 * });
 * toMimeBundle({ x: 1, y: 2 }); // { "text/plain": "a point" }
 */
export function registerDisplay(format: DisplayFormat): void {
  formats.delete(format.name);
  formats.set(format.name, format);
}

/** The bundle of the newest format that matches a value, or `null`. */
export function registeredBundle(value: object): MimeBundle | null {
  const found = [...formats.values()].reverse().find(({ matches }) => matches(value));
  return found === undefined ? null : found.toBundle(value);
}
