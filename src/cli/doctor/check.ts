/** One line of the output of `layerbook doctor`. */
export interface Check {
  readonly name: string;
  /** `note`: it works, but is slower than possible or untested. */
  readonly state: "ok" | "note" | "broken";
  /** The finding. */
  readonly value: string;
  /** How to fix it; only if it is not `ok`. */
  readonly remedy?: string;
}

/** A check that found no problem. */
export function ok(name: string, value: string): Check {
  return { name, state: "ok", value };
}

/** A check that found a problem. */
export function broken(name: string, value: string, remedy: string): Check {
  return { name, state: "broken", value, remedy };
}

/** A check that found something notable. */
export function note(name: string, value: string, remedy: string): Check {
  return { name, state: "note", value, remedy };
}
