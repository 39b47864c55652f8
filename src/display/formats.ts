import type { MimeBundle } from "./host";

/** How values of one kind are shown. */
export interface DisplayFormat {
  /** For error messages, and so that registering twice replaces instead of adding. */
  readonly name: string;
  /** Whether it can show a value. It sees every value that a cell shows, so it must be quick. */
  readonly matches: (value: object) => boolean;
  readonly toBundle: (value: object) => MimeBundle;
}

const formats = new Map<string, DisplayFormat>();

/**
 * Registers how a kind of value is shown. Values with a `Symbol.for("Jupyter.display")` method of
 * their own are not asked for; later formats come first.
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

/** The bundle of the newest format that takes a value, or `null`. */
export function registeredBundle(value: object): MimeBundle | null {
  const found = [...formats.values()].reverse().find(({ matches }) => matches(value));
  return found === undefined ? null : found.toBundle(value);
}
