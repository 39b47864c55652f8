import { createInterface } from "node:readline/promises";
import { roughDuration } from "../experiments/studies/roughDuration";

/** Studies estimated to take longer than this ask for confirmation. */
const ASK_ABOVE_SECONDS = 600;

/** The user declined. */
export class DeclinedError extends Error {}

/** The estimated cost of a study. */
export interface Estimate {
  /** The study's name. */
  readonly kind: string;
  readonly trainings: number;
  readonly seconds: number;
  /** Whether `--yes` was given. */
  readonly isAgreed: boolean;
}

/** Where the estimate and the question are written. */
export interface Terminal {
  readonly write: (text: string) => void;
  /** `null` if nobody can answer. */
  readonly ask: ((question: string) => Promise<string>) | null;
}

/** The process's streams. Somebody can answer if both stdin and stderr are terminals. */
function ownTerminal(): Terminal {
  const write = (text: string): void => void process.stderr.write(text);
  if (!process.stdin.isTTY || !process.stderr.isTTY) return { write, ask: null };
  return {
    write,
    async ask(question) {
      const line = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return await line.question(question);
      } finally {
        line.close();
      }
    },
  };
}

/**
 * Prints the estimated cost of a study and, if it is long, asks for confirmation. In a script or a batch job,
 * where nobody can answer, the study starts at once; it can be stopped and resumed without loss.
 *
 * @throws DeclinedError if the user declines
 */
export async function agree(
  { kind, trainings, seconds, isAgreed }: Estimate,
  { write, ask }: Terminal = ownTerminal(),
): Promise<void> {
  write(
    `${kind}: ${trainings} trainings, very roughly ${roughDuration(seconds)} on this machine ` +
      "if none of them is done; it may be stopped and taken up again\n",
  );
  if (isAgreed || seconds < ASK_ABOVE_SECONDS || ask === null) return;
  const answer = await ask("Start? [y/N] ");
  if (!/^y(es)?$/i.test(answer.trim())) throw new DeclinedError();
}
