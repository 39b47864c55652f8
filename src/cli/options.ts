import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { serviceUrl } from "../experiments/services/serviceUrl";

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

/** Comma-separated values, none empty and none repeated. */
export function listOption(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.some((name) => name === "") || new Set(names).size !== names.length) {
    throw new InvalidArgumentError("Expected distinct values, comma-separated.");
  }
  return names;
}

/** The address of a service as given; the error for an invalid one names `flag`. */
export function urlOption(flag: string): (text: string) => string {
  return (text) => {
    serviceUrl(flag, text);
    return text;
  };
}

/** Whether files may be replaced; see {@link addOverwriteOption}. */
export interface OverwriteOption {
  readonly overwrite?: boolean;
}

/** Adds `--overwrite`. */
export function addOverwriteOption(command: Command): Command {
  return command.option(
    "--overwrite",
    "replace existing output files; by default they are an error before the work starts",
  );
}
