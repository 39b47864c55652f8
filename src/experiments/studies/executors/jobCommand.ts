import { createHash } from "node:crypto";
import { resolve } from "node:path";

/** How an executor on other machines starts `layerbook job`. */
export interface CommandOptions {
  /** The program and the arguments before `job`, e.g. node and the path of `cli.js`. */
  readonly command: readonly string[];
  /** Arguments after those of the job, e.g. for trackers. */
  readonly jobArguments?: readonly string[];
}

/**
 * The shell command of a job.
 *
 * @param which e.g. `["--id", "unet-none-fold1"]`; it is quoted
 * @param raw text that the shell expands
 */
export function shellLine(
  { command, jobArguments = [] }: CommandOptions,
  out: string,
  which: readonly string[],
  raw = "",
): string {
  const words = [...command, "job", resolve(out), ...jobArguments, ...which];
  return `exec ${words.map(quote).join(" ")}${raw === "" ? "" : ` ${raw}`}`;
}

/** The name of a study's jobs in a shared queue, which is determined by the folder. */
export function queueName(out: string): string {
  return `layerbook-${createHash("sha256").update(resolve(out)).digest("hex").slice(0, 10)}`;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
