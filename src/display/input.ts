import { createInterface } from "node:readline/promises";
import { SetupError } from "../core/errors";
import { displayHost } from "./host";

/** The error of asking the user in a notebook that runs without one. */
export function noInputError(where: string): SetupError {
  return new SetupError({
    where,
    expected: "a frontend that can ask the user",
    got: "one that runs the notebook unattended",
    remedy: "Give the value in a cell instead",
  });
}

/**
 * Asks the user for a line: in a notebook in the frontend's input field, in a terminal on stdin.
 *
 * @param prompt what to ask
 * @param options.password hides what is typed (in a notebook)
 * @throws SetupError if there is no user to ask, for example under nbconvert
 */
export async function input(
  prompt = "",
  options: { readonly password?: boolean } = {},
): Promise<string> {
  const host = displayHost();
  if (host !== null) {
    const answer = host.input(prompt, options.password ?? false);
    if (answer !== null) return answer;
    throw noInputError("input");
  }
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await reader.question(prompt);
  } finally {
    reader.close();
  }
}
