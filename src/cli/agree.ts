import { createInterface } from "node:readline/promises";

/** Studies longer than this ask first. */
const ASK_ABOVE_SECONDS = 600;

/** The person said no. */
export class DeclinedError extends Error {}

/** What a study is about to cost. */
export interface Estimate {
  /** The study's name. */
  readonly kind: string;
  readonly trainings: number;
  readonly seconds: number;
  /** `--yes` was given. */
  readonly isAgreed: boolean;
}

/** Where the estimate is shown, and the question asked. */
export interface Terminal {
  readonly write: (text: string) => void;
  /** `null` where nobody is there to answer. */
  readonly ask: ((question: string) => Promise<string>) | null;
}

/** The process's own: somebody can answer where input and messages are both a terminal's. */
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
 * Says what a study costs, and asks where that is long and somebody is there to answer. In a script
 * or a batch job there is nobody: it goes on, since a study can be stopped and taken up again at no
 * loss.
 *
 * @throws DeclinedError for a no
 */
export async function agree(
  { kind, trainings, seconds, isAgreed }: Estimate,
  { write, ask }: Terminal = ownTerminal(),
): Promise<void> {
  write(
    `${kind}: ${trainings} trainings, very roughly ${duration(seconds)} on this machine ` +
      "if none of them is done; it may be stopped and taken up again\n",
  );
  if (isAgreed || seconds < ASK_ABOVE_SECONDS || ask === null) return;
  const answer = await ask("Start? [y/N] ");
  if (!/^y(es)?$/i.test(answer.trim())) throw new DeclinedError();
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(seconds < 36_000 ? 1 : 0)} h`;
}
