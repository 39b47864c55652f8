import { SingleBar } from "cli-progress";
import { displayBundle } from "./display";
import { displayHost } from "./host";
import type { MimeBundle } from "./host";
import { escapeHtml } from "./html";

/** Values shown next to the bar: loss, metric, … */
export type ProgressValues = Readonly<Record<string, number | string>>;

/** Such as Node's `process.stderr`. Declared structurally, since not every project has Node's types. */
export interface OutputStream {
  readonly isTTY?: boolean;
  write(text: string): boolean;
}

/** See {@link createProgress}. */
export interface ProgressOptions {
  /** What is running, e.g. `"unet, epoch 3 of 20"`. */
  readonly label: string;
  /** The number of steps. */
  readonly total: number;
  /** What is counted, such as `"steps"`; shown behind the numbers. Default: nothing is. */
  readonly unit?: string;
  /** Steps completed earlier, which are excluded from the estimate of the time left; default 0. */
  readonly initial?: number;
  /** Where the bar is drawn in a terminal; default stderr, so that piped results stay clean. */
  readonly stream?: OutputStream;
  /** Minimum time between redraws, in milliseconds; default 100, in a notebook 250. */
  readonly throttleMs?: number;
  /** A clock in milliseconds; default `performance.now`. */
  readonly now?: () => number;
}

/** A progress bar made by {@link createProgress}. */
export interface Progress {
  /** Sets the number of completed steps; redraws at most every `throttleMs`. */
  update(done: number, values?: ProgressValues): void;
  /**
   * Shows immediately, in place of the time left, what the steps are waiting for: `"compiling"`. The time
   * until the next `update` is excluded from the estimate.
   */
  pause(reason: string): void;
  /**
   * Draws the final state, with `summary` in place of the time left.
   *
   * @param outcome colours the bar; default `"done"`
   */
  stop(summary?: string, outcome?: ProgressOutcome): void;
}

/** How the work ended. */
export type ProgressOutcome = "done" | "interrupted" | "failed";

/** The state of a bar at one moment. */
export interface ProgressState {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  /** What is counted; shown behind the numbers. */
  readonly unit?: string;
  /** Excluding pauses. */
  readonly elapsedMs: number;
  readonly values: ProgressValues;
  /** Steps completed before `elapsedMs` began; default 0. */
  readonly initial?: number;
  /** What the steps are waiting for, if anything. */
  readonly pausedFor?: string;
  /** Set when the bar has stopped. */
  readonly summary?: string;
  /** Default `"done"`. */
  readonly outcome?: ProgressOutcome;
}

/**
 * Running, done, interrupted and failed: distinguishable for colour-blind readers, each with the 3 to 1
 * contrast that WCAG requires of graphics on both JupyterLab's light and dark page.
 */
const COLOURS = {
  running: "#0072b2",
  done: "#009e73",
  interrupted: "#bd7b00",
  failed: "#d55e00",
} as const;

let bars = 0;

function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const rest = `${seconds % 60}`.padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${rest} min`;
  return `${Math.floor(seconds / 3600)}:${`${Math.floor(seconds / 60) % 60}`.padStart(2, "0")} h`;
}

function share(state: ProgressState): number {
  return state.total > 0 ? Math.min(1, Math.max(0, state.done / state.total)) : 1;
}

/** Three significant digits, which are readable while they change. */
function shownNumber(value: number): string {
  return Number.isInteger(value) || !Number.isFinite(value)
    ? String(value)
    : String(Number(value.toPrecision(3)));
}

/** The text next to a bar: `12/40 · loss 0.31 · 8 s left`. */
function details(state: ProgressState): string[] {
  const { done, total, unit, elapsedMs, values, initial = 0, pausedFor, summary } = state;
  const fresh = done - initial;
  const left = fresh > 0 ? (elapsedMs / fresh) * Math.max(0, total - done) : null;
  const time =
    summary ?? pausedFor ?? (left === null ? duration(elapsedMs) : `${duration(left)} left`);
  const shown = Object.entries(values).map(
    ([name, value]) => `${name} ${typeof value === "number" ? shownNumber(value) : value}`,
  );
  const count = unit === undefined ? `${done}/${total}` : `${done}/${total} ${unit}`;
  return [count, ...shown, time];
}

/**
 * A bar for a notebook. Styles are inline because an exported page does not include our style sheet.
 *
 * @example
 * const state = { label: "fit", done: 1, total: 2, elapsedMs: 1000, values: { loss: 0.5 } };
 * progressBundle(state)["text/plain"]; // "fit: 1/2 · loss 0.5 · 1 s left"
 */
export function progressBundle(state: ProgressState): MimeBundle {
  const percent = (100 * share(state)).toFixed(1);
  const text = details(state).join(" · ");
  const colour = COLOURS[state.summary === undefined ? "running" : (state.outcome ?? "done")];
  return {
    "text/html": `<div style="font:13px system-ui,sans-serif;max-width:640px;margin:4px 0"><div style="display:flex;justify-content:space-between;gap:12px"><span>${escapeHtml(state.label)}</span><span style="font-variant-numeric:tabular-nums;opacity:.75">${escapeHtml(text)}</span></div><div role="progressbar" aria-label="${escapeHtml(state.label)}" aria-valuemin="0" aria-valuemax="100" aria-valuenow="${percent}" aria-valuetext="${escapeHtml(text)}" style="height:6px;border-radius:3px;background:rgba(128,128,128,.25);margin-top:4px"><div style="height:6px;border-radius:3px;background:${colour};width:${percent}%"></div></div></div>`,
    "text/plain": `${state.label}: ${text}`,
  };
}

interface ProgressView {
  draw(state: ProgressState): void;
  close(state: ProgressState): void;
}

function notebookView(): ProgressView {
  const id = `layerbook-progress-${process.pid}-${++bars}`;
  let first = true;
  const draw = (state: ProgressState): void => {
    displayBundle(progressBundle(state), { id, update: !first });
    first = false;
  };
  return { draw, close: draw };
}

function terminalView(stream: NodeJS.WriteStream, total: number): ProgressView {
  const bar = new SingleBar({
    stream,
    format: "{label} {bar} {percentage}% · {details}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    hideCursor: true,
    clearOnComplete: false,
    gracefulExit: true,
    // Our throttling decides when to draw.
    fps: 1000,
  });
  const payload = (state: ProgressState): object => ({
    label: state.label,
    details: details(state).join(" · "),
  });
  let started = false;
  const draw = (state: ProgressState): void => {
    if (!started) bar.start(Math.max(1, total), 0, payload(state));
    started = true;
    bar.update(total > 0 ? state.done : 1, payload(state));
  };
  return {
    draw,
    close(state) {
      draw(state);
      bar.stop();
    },
  };
}

/** Without a terminal (a log, a pipe): one line per tenth of the steps. */
function logView(stream: OutputStream): ProgressView {
  let nextTenth = 0;
  const line = (state: ProgressState): void => {
    stream.write(`${state.label}: ${details(state).join(" · ")}\n`);
  };
  return {
    draw(state) {
      const tenth = Math.floor(share(state) * 10);
      if (state.pausedFor !== undefined) return line(state);
      if (tenth < nextTenth) return;
      nextTenth = tenth + 1;
      line(state);
    },
    close: line,
  };
}

/**
 * One progress bar for a terminal, a live notebook and an exported page.
 *
 * @example
 * const progress = createProgress({ label: "fit", total: 2 });
 * progress.update(1, { loss: 0.5 });
 * progress.stop("done");
 */
export function createProgress(options: ProgressOptions): Progress {
  const { label, total, unit, initial = 0 } = options;
  const { stream = process.stderr, now = () => performance.now() } = options;
  const inNotebook = displayHost() !== null;
  const { throttleMs = inNotebook ? 250 : 100 } = options;
  const view = inNotebook
    ? notebookView()
    : stream.isTTY
      ? terminalView(stream as NodeJS.WriteStream, total)
      : logView(stream);
  const start = now();
  let pausedMs = 0;
  let pause: { readonly reason: string; readonly since: number } | null = null;
  let done = initial;
  let values: ProgressValues = {};
  let drawnAt = -Infinity;
  let stopped = false;
  const resume = (): void => {
    if (pause !== null) pausedMs += now() - pause.since;
    pause = null;
  };
  const state = (): ProgressState => ({
    ...{ label, done, total, initial, values },
    ...(unit === undefined ? {} : { unit }),
    elapsedMs: (pause?.since ?? now()) - start - pausedMs,
    ...(pause === null ? {} : { pausedFor: pause.reason }),
  });
  const draw = (): void => {
    drawnAt = now();
    view.draw(state());
  };
  return {
    update(newDone, newValues) {
      if (stopped) return;
      resume();
      done = newDone;
      values = newValues ?? values;
      if (now() - drawnAt >= throttleMs) draw();
    },
    pause(reason) {
      if (stopped) return;
      resume();
      pause = { reason, since: now() };
      draw();
    },
    stop(summary, outcome = "done") {
      if (stopped) return;
      stopped = true;
      resume();
      view.close({ ...state(), summary: summary ?? duration(now() - start), outcome });
    },
  };
}
