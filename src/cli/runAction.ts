import type { Command } from "commander";
import { CommanderError } from "commander";
import { LayerbookError } from "../core/errors";
import { stringifyJson } from "../core/json";

/** Options that every command takes; see {@link addCommonOptions}. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** What a command returns, in both forms. */
export interface CommandResult {
  /** Text for people; printed as is. */
  readonly text: string;
  /** Data for programs, with `--json`. */
  readonly json: unknown;
  /** 0 where absent. */
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
    .option("--json", "print the result as JSON; stdout carries nothing else")
    .option("--verbose", "print the stack of an error too");
}

/**
 * A commander action that prints what `body` returns. Progress goes to stderr; errors are left to
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
    // Commander has printed its own line, or the help that was asked for.
    return error.exitCode === 0 ? EXIT_OK : EXIT_BAD_INPUT;
  }
  const isKnown = error instanceof LayerbookError;
  const message = error instanceof Error ? error.message : String(error);
  const line = message.replace(/\s*\n\s*/g, " ").trim();
  const stack = error instanceof Error && error.stack !== undefined ? error.stack : line;
  const remedy = isKnown ? "" : ". Run it again with --verbose for the stack";
  process.stderr.write(`layerbook: ${isVerbose ? stack : `${line}${remedy}`}\n`);
  return isKnown ? EXIT_BAD_INPUT : EXIT_FAILURE;
}

/**
 * Runs `body` so that Ctrl-C asks it to stop; a second Ctrl-C ends the process at once. SIGTERM, with
 * which Slurm and Ray end a job, also asks it to stop.
 *
 * @param body is handed a function that says whether to stop
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
