import { inspect } from "node:util";
import type { CellError } from "./channel";
import { codeFrame, paint } from "./codeFrame";
import type { SourcePlace } from "./knownSources";
import type { StackLine, StackTraces } from "./stackTraces";

/** Formats what a cell threw. */
export class Tracebacks {
  readonly #stacks: StackTraces;

  constructor(stacks: StackTraces) {
    this.#stacks = stacks;
  }

  /** An error as Jupyter shows it: what, why, and where in the cells. */
  describe(thrown: unknown): CellError {
    if (!(thrown instanceof Error) && !isErrorLike(thrown)) {
      const text = typeof thrown === "string" ? thrown : inspect(thrown, { depth: 2 });
      return {
        ename: "Thrown",
        evalue: text,
        traceback: [`${paint.bold("Thrown")}: ${text}`],
      };
    }
    return {
      ename: thrown.name || "Error",
      evalue: thrown.message,
      traceback: this.#lines(thrown, new Set()),
    };
  }

  #lines(error: Error, seen: Set<Error>): string[] {
    seen.add(error);
    const stack = this.#stacks.read(error);
    const lines = [
      `${paint.bold(error.name || "Error")}: ${error.message}`,
      ...codeFrames(stack.map(({ place }) => place).filter((place) => place !== null)),
      ...stack.map(paintLine),
    ];
    if ("errors" in error && Array.isArray(error.errors)) {
      for (const each of error.errors as unknown[])
        lines.push(...this.#nested("One of", each, seen));
    }
    if (error.cause !== undefined) lines.push(...this.#nested("Caused by", error.cause, seen));
    return lines;
  }

  #nested(title: string, thrown: unknown, seen: Set<Error>): string[] {
    if (!isErrorLike(thrown)) return [`${paint.bold(title)}: ${inspect(thrown, { depth: 1 })}`];
    if (seen.has(thrown)) return [];
    return [`${paint.bold(title)}:`, ...this.#lines(thrown, seen)];
  }
}

/** The innermost user lines; if those are in a file, also the cell's. */
function codeFrames(places: readonly SourcePlace[]): string[] {
  const [first] = places;
  if (first === undefined) return [];
  const frame = ({ code, line, column }: SourcePlace): string[] => codeFrame(code, line, column, 1);
  if (first.isCell) return frame(first);
  const cell = places.find(({ isCell }) => isCell);
  const titled = (place: SourcePlace): string[] => [paint.bold(place.label), ...frame(place)];
  return cell === undefined ? titled(first) : [...titled(first), ...titled(cell)];
}

function paintLine({ before, where, after }: StackLine): string {
  if (before.startsWith("…")) return `    ${paint.dim(before)}`;
  return `    ${paint.dim("at")} ${before}${where === "" ? "" : paint.bold(where)}${after}`;
}

function isErrorLike(value: unknown): value is Error {
  return (
    value instanceof Error ||
    (typeof value === "object" && value !== null && "message" in value && "stack" in value)
  );
}
