/** One line of what `layerbook doctor` finds. */
export interface Check {
  readonly name: string;
  /** `note`: it works, but not as well as it could, or it is not tested. */
  readonly state: "ok" | "note" | "broken";
  /** What was found. */
  readonly value: string;
  /** How to fix it; only where it is not `ok`. */
  readonly remedy?: string;
}

/** A check that found no problem. */
export function ok(name: string, value: string): Check {
  return { name, state: "ok", value };
}

/** A check that found something that does not work. */
export function broken(name: string, value: string, remedy: string): Check {
  return { name, state: "broken", value, remedy };
}

/** A check that found something worth knowing. */
export function note(name: string, value: string, remedy: string): Check {
  return { name, state: "note", value, remedy };
}
