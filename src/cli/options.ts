import { InvalidArgumentError } from "commander";

/** A commander parser for a number in a range. */
export function numberOption(
  expected: string,
  fits: (value: number) => boolean,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !fits(value)) throw new InvalidArgumentError(`Expected ${expected}.`);
    return value;
  };
}

/** An integer of at least `least`. */
export function integerOption(least: number): (text: string) => number {
  return numberOption(
    `an integer of at least ${least}`,
    (value) => Number.isInteger(value) && value >= least,
  );
}

/** Names with commas between them; none empty, none twice. */
export function listOption(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.some((name) => name === "") || new Set(names).size !== names.length) {
    throw new InvalidArgumentError("Expected different names with commas between them.");
  }
  return names;
}
