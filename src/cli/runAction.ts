import type { Command } from "commander";
import { CommanderError } from "commander";
import { LayerbookError } from "../core/errors";
import { stringifyJson } from "../core/json";

/** Options of every command; see {@link addCommonOptions}. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** The result of a command, as text and data. */
export interface CommandResult {
  /** Text for the terminal. */
  readonly text: string;
  /** Data to print with `--json`. */
  readonly json: unknown;
  /** Default 0. */
  readonly exitCode?: number;
}

/** Success. */
const EXIT_OK = 0;
/** An unexpected error. */
const EXIT_FAILURE = 1;
/** The input or the options are wrong, and the message says how to fix them. */
const EXIT_BAD_INPUT = 2;

/** Adds `--json` and `--verbose`. */
export function addCommonOptions(command: Command): Command {
  return command
    .option("--json", "print the result as JSON, with nothing else on stdout")
    .option("--verbose", "print the stack traces of errors");
}

/**
 * A commander action that prints the result of `body`. Progress goes to stderr; errors are handled by
 * {@link reportError}.
 */
export function resultAction<O extends CommonOptions>(
  body: (options: O) => Promise<CommandResult>,
): (options: O) => Promise<void> {
  return async (options) => {
    const result = await body(options);
    const output = options.json === true ? stringifyJson(result.json, 2) : result.text;
    process.stdout.write(`${output.trimEnd()}\n`);
    process.exitCode = result.exitCode ?? EXIT_OK;
  };
}

/**
 * Prints an error as one line on stderr, with the stack trace only under `--verbose`.
 *
 * @returns the exit code
 */
export function reportError(error: unknown, isVerbose: boolean): number {
  if (error instanceof CommanderError) {
    // Commander has already printed its error or the requested help.
    return error.exitCode === 0 ? EXIT_OK : EXIT_BAD_INPUT;
  }
  const isKnown = error instanceof LayerbookError;
  const message = error instanceof Error ? error.message : String(error);
  const line = message.replace(/\s*\n\s*/g, " ").trim();
  const stack = error instanceof Error && error.stack !== undefined ? error.stack : line;
  const remedy = isKnown ? "" : ". Run it again with --verbose for the stack trace";
  process.stderr.write(`layerbook: ${isVerbose ? stack : `${line}${remedy}`}\n`);
  return isKnown ? EXIT_BAD_INPUT : EXIT_FAILURE;
}

/**
 * Runs `body` so that Ctrl-C asks it to stop and a second Ctrl-C ends the process at once. SIGTERM, with which
 * Slurm and Ray end a job, also asks it to stop.
 *
 * @param body receives a function that returns whether to stop
 */
export async function withStopOnInterrupt<T>(
  body: (shouldStop: () => boolean) => Promise<T>,
): Promise<T> {
  let isAsked = false;
  const onSignal = (): void => {
    if (isAsked) process.exit(130);
    isAsked = true;
    process.stderr.write("\nStopping after this step; press Ctrl-C again to stop at once.\n");
  };
  const onTerminate = (): void => {
    isAsked = true;
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onTerminate);
  try {
    return await body(() => isAsked);
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onTerminate);
  }
}
