import type { Command } from "commander";

/** How data are read, for every command that reads scans; see {@link addDataOptions}. */
export interface DataOptions {
  readonly series?: string;
}

/** The options as the readers take them. */
export function readOptionsOf({ series }: DataOptions): { readonly series?: string } {
  return series === undefined ? {} : { series };
}

/** Adds `--series`. */
export function addDataOptions(command: Command): Command {
  return command.option(
    "--series <uid>",
    "which DICOM series of a folder, by its UID or number; without it a folder of several is refused with their list",
  );
}
