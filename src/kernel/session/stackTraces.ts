import type { KnownSources, SourcePlace } from "./knownSources";

/** More frames of the user's own than this come from a recursion; its middle is left out. */
const MOST_OWN = 24;

/** One line of a stack as people read it. */
export interface StackLine {
  /** Before and after the place: `inner (`, `)`. */
  readonly before: string;
  /** The place as it is shown: `Cell [3]:4:9`. Empty in a line that stands for several frames. */
  readonly where: string;
  readonly after: string;
  /** Known for cells and the project's files. */
  readonly place: SourcePlace | null;
  /** The package that the frame belongs to. */
  readonly library: string | null;
}

/** A package's name in a path: what follows the last `node_modules`. */
const PACKAGE = /.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/;

/** Anything that V8 has given a stack. */
export interface StackHolder {
  readonly stack?: string;
}

/** A call site of V8's, which says more by its text than by its methods. */
interface FrameText {
  toString(): string;
}

/** What {@link StackTraces} needs to know. */
export interface StackTraceOptions {
  readonly sources: KnownSources;
  /** Matches frames that nobody is shown: the kernel's own. */
  readonly hidden: RegExp;
  /** Matches frames of the toolkit, which are folded like those of a package. */
  readonly toolkit: RegExp;
}

/**
 * Stacks in the lines that the user wrote, wherever one is read: `error.stack`, `console.error`,
 * `console.trace`, a traceback. The kernel's and Node's own frames are left out; of several frames
 * of one package the first is shown and the others are counted.
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
   * No frame is cut off: between an error deep in a package and the cell that called it lie often
   * more than V8's ten.
   */
  install(): void {
    Error.stackTraceLimit = Infinity;
    Error.prepareStackTrace = (error, sites: readonly FrameText[]) => {
      // A stack that cannot be read must not take the error's place.
      try {
        const lines = this.#fold(sites.map((site) => this.#line(site.toString())));
        this.#lines.set(error, lines);
        return [headOf(error), ...lines.map(lineText)].join("\n");
      } catch {
        return [headOf(error), ...sites.map((site) => `    at ${site.toString()}`)].join("\n");
      }
    };
  }

  /** The lines of an error's stack. */
  read(error: StackHolder): readonly StackLine[] {
    const { stack } = error; // makes the lines, if nobody has read it before
    const known = this.#lines.get(error);
    if (known !== undefined) return known;
    const frames = [...String(stack ?? "").matchAll(/^\s+at (.*)$/gm)];
    return this.#fold(frames.map(([, text = ""]) => this.#line(text)));
  }

  /** Where the code stands that calls: to be put under an error that comes out of what it awaits. */
  here(below: (...args: never[]) => unknown): StackHolder {
    const holder: StackHolder = {};
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 1;
    Error.captureStackTrace(holder, below);
    Error.stackTraceLimit = stackTraceLimit;
    return holder;
  }

  /** Adds the line that awaited what failed, which V8 does not know. */
  addAwait(error: unknown, here: StackHolder): void {
    if (!(error instanceof Error)) return;
    const { stack } = error; // makes its lines, if nobody has read it before
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
      // A frozen error keeps its stack; the traceback has the line all the same.
    }
  }

  /** A frame as it is shown; `null` for one that is not. */
  #line(frame: string): StackLine | null {
    const { sources, hidden, toolkit } = this.#options;
    if (hidden.test(frame) || /(?:^|\()node:/.test(frame.replace(/^async /, ""))) return null;
    const found = sources.find(frame);
    if (found === null) {
      const library = PACKAGE.exec(frame)?.[1] ?? (toolkit.test(frame) ? "layerbook" : null);
      // A cell so old that its lines are forgotten.
      if (frame.includes("layerbook-cell-")) return null;
      return { before: frame, where: "", after: "", place: null, library };
    }
    const { place, text } = found;
    const at = frame.indexOf(text);
    const where = `${place.label}:${place.line}:${place.column}`;
    const before = frame.slice(0, at);
    const after = frame.slice(at + text.length);
    // V8 calls a cell's own level `eval`.
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
        const isMiddle = own > MOST_OWN && seen > MOST_OWN / 2 && seen <= own - MOST_OWN / 2;
        if (!isMiddle) lines.push(frame);
        else if (seen === MOST_OWN / 2 + 1) lines.push(note(`${own - MOST_OWN} more frames`));
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

/** `TypeError [ERR_X]: …`, as Node begins the stack of an error of its own. */
function headOf(error: Error): string {
  const { code } = error as { readonly code?: unknown };
  const text = Error.prototype.toString.call(error);
  const isNodes = typeof code === "string" && code.startsWith("ERR_") && !text.includes(code);
  return isNodes ? text.replace(error.name, `${error.name} [${code}]`) : text;
}
