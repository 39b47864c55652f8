import type { KnownSources, SourcePlace } from "./knownSources";

/** The most user frames that are shown: more come from a recursion, whose middle is left out. */
const MAX_USER_FRAMES = 24;

/** One line of a stack as it is shown. */
export interface StackLine {
  /** Before and after the place: `inner (`, `)`. */
  readonly before: string;
  /** The place as shown: `Cell [3]:4:9`. Empty in a line that stands for several frames. */
  readonly where: string;
  readonly after: string;
  /** Set for cells and the project's files. */
  readonly place: SourcePlace | null;
  /** The package that the frame belongs to. */
  readonly library: string | null;
}

/** A package's name in a path: what follows the last `node_modules`. */
const PACKAGE = /.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/;

/** Any object with a V8 stack. */
export interface StackHolder {
  readonly stack?: string;
}

/** A V8 call site; its text has more information than its methods. */
interface FrameText {
  toString(): string;
}

/** Options of {@link StackTraces}. */
export interface StackTraceOptions {
  readonly sources: KnownSources;
  /** Matches frames that are never shown: the kernel's own. */
  readonly hidden: RegExp;
  /** Matches frames of the toolkit, which are folded like those of a package. */
  readonly toolkit: RegExp;
}

/**
 * Shows stacks in terms of the lines that the user wrote, wherever they are read: `error.stack`,
 * `console.error`, `console.trace`, a traceback. The kernel's and Node's own frames are left out; of
 * consecutive frames of one package the first is shown and the others are counted.
 */
export class StackTraces {
  readonly #options: StackTraceOptions;
  readonly #lines = new WeakMap<object, StackLine[]>();

  constructor(options: StackTraceOptions) {
    this.#options = options;
  }

  /**
   * Makes every stack of this process readable.
   *
   * Stacks have no length limit: there are often more than V8's default of ten frames between an error
   * deep in a package and the cell that called it.
   */
  install(): void {
    Error.stackTraceLimit = Infinity;
    Error.prepareStackTrace = (error, sites: readonly FrameText[]) => {
      // A failure here must not replace the error itself.
      try {
        const lines = this.#fold(sites.map((site) => this.#line(site.toString())));
        this.#lines.set(error, lines);
        return [errorHeader(error), ...lines.map(lineText)].join("\n");
      } catch {
        return [errorHeader(error), ...sites.map((site) => `    at ${site.toString()}`)].join("\n");
      }
    };
  }

  /** The lines of an error's stack. */
  read(error: StackHolder): readonly StackLine[] {
    const { stack } = error; // the first read computes the lines
    const known = this.#lines.get(error);
    if (known !== undefined) return known;
    const frames = [...String(stack ?? "").matchAll(/^\s+at (.*)$/gm)];
    return this.#fold(frames.map(([, text = ""]) => this.#line(text)));
  }

  /** The current place in the code, to be added to errors of what it awaits. */
  here(below: (...args: never[]) => unknown): StackHolder {
    const holder: StackHolder = {};
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 1;
    Error.captureStackTrace(holder, below);
    Error.stackTraceLimit = stackTraceLimit;
    return holder;
  }

  /** Adds the line with the `await`, which V8 does not record. */
  addAwait(error: unknown, here: StackHolder): void {
    if (!(error instanceof Error)) return;
    const { stack } = error; // the first read computes the lines
    const lines = this.#lines.get(error);
    const [site] = this.read(here);
    const place = site?.place ?? null;
    if (lines === undefined || site === undefined || place === null) return;
    const { label, line } = place;
    const isThere = lines.some((each) => each.place?.label === label && each.place.line === line);
    if (isThere) return;
    const added = { ...site, before: `async ${site.before}` };
    lines.push(added);
    try {
      error.stack = `${stack ?? ""}\n${lineText(added)}`;
    } catch {
      // A frozen error keeps its stack; the traceback still shows the line.
    }
  }

  /** A frame as shown; `null` for a hidden one. */
  #line(frame: string): StackLine | null {
    const { sources, hidden, toolkit } = this.#options;
    if (hidden.test(frame) || /(?:^|\()node:/.test(frame.replace(/^async /, ""))) return null;
    const found = sources.find(frame);
    if (found === null) {
      const library = PACKAGE.exec(frame)?.[1] ?? (toolkit.test(frame) ? "layerbook" : null);
      // An old cell whose lines are no longer remembered.
      if (frame.includes("layerbook-cell-")) return null;
      return { before: frame, where: "", after: "", place: null, library };
    }
    const { place, text } = found;
    const at = frame.indexOf(text);
    const where = `${place.label}:${place.line}:${place.column}`;
    const before = frame.slice(0, at);
    const after = frame.slice(at + text.length);
    // V8 calls a cell's top level `eval`.
    const isTop = /^(?:async )?(?:eval|<anonymous>) \($/.test(before);
    return isTop
      ? { before: "", where, after: "", place, library: null }
      : { before, where, after, place, library: null };
  }

  #fold(frames: readonly (StackLine | null)[]): StackLine[] {
    const shown = frames.filter((frame) => frame !== null);
    const own = shown.filter(({ library }) => library === null).length;
    const lines: StackLine[] = [];
    let seen = 0;
    for (let index = 0; index < shown.length; index++) {
      const frame = shown[index];
      if (frame === undefined) continue;
      const { library } = frame;
      if (library === null) {
        seen++;
        const isMiddle =
          own > MAX_USER_FRAMES && seen > MAX_USER_FRAMES / 2 && seen <= own - MAX_USER_FRAMES / 2;
        if (!isMiddle) lines.push(frame);
        else if (seen === MAX_USER_FRAMES / 2 + 1)
          lines.push(note(`${own - MAX_USER_FRAMES} more frames`));
        continue;
      }
      lines.push(frame);
      let more = 0;
      while (shown[index + 1]?.library === library) {
        more++;
        index++;
      }
      if (more > 0) lines.push(note(`${more} more in ${library}`));
    }
    return lines;
  }
}

function note(text: string): StackLine {
  return { before: `… ${text}`, where: "", after: "", place: null, library: null };
}

function lineText({ before, where, after }: StackLine): string {
  const text = before + where + after;
  return before.startsWith("…") ? `    ${text}` : `    at ${text}`;
}

/** `TypeError [ERR_X]: …`, as Node begins the stacks of its own errors. */
function errorHeader(error: Error): string {
  const { code } = error as { readonly code?: unknown };
  const text = Error.prototype.toString.call(error);
  const isNodes = typeof code === "string" && code.startsWith("ERR_") && !text.includes(code);
  return isNodes ? text.replace(error.name, `${error.name} [${code}]`) : text;
}
