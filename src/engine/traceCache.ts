import { TraceError } from "../core/errors";
import type { RecordedFunction } from "./graph";
import { describeChange, differInShapesOnly, sameStructure, signatureKey } from "./nest";
import type { FlatNest } from "./nest";
import { openBatch, sameGraph } from "./passes/openBatch";
import type { Trace } from "./trace";

/** Graphs that a compiled function or a predictor holds at most, unless it is told otherwise. */
export const DEFAULT_MAX_TRACES = 8;

/** A function recorded for one signature, and the graph that it came to. */
export interface Recording {
  readonly trace: Trace;
  readonly graph: RecordedFunction;
  /** What the last result says of each of these ops: that it came to NaN. Empty without `debug`. */
  readonly watchedOps: readonly string[];
}

/** What runs for a call. */
export interface CacheEntry {
  readonly trace: Trace;
  readonly watchedOps: readonly string[];
  /** The graph to load. */
  readonly graph: RecordedFunction;
  /** For a graph with an open batch: the graph of one size that others are held to. */
  readonly source: RecordedFunction | null;
}

/** What is told of a call that no graph fits. */
export interface CacheEvents {
  /** Records the function for these arguments. */
  record(flat: FlatNest): Recording;
  /** A graph is used no longer. */
  drop(entry: CacheEntry): void;
  log(line: string): void;
}

/**
 * The graphs of one function: one for each kind of arguments, and for a second batch size one with
 * the batch left open, which serves every other size. At most `limit`; the one that was used longest
 * ago goes first.
 */
export class TraceCache {
  private readonly byKey = new Map<string, CacheEntry>();
  /** Used last at the end. */
  private readonly recent = new Set<CacheEntry>();
  private last: FlatNest["signature"] | null = null;
  /** Graphs that held a number which has changed since: they count, or a schedule would go on for ever. */
  private retired = 0;

  constructor(
    private readonly name: string,
    private readonly limit: number,
    private readonly events: CacheEvents,
  ) {}

  get entries(): readonly CacheEntry[] {
    return [...this.recent];
  }

  /**
   * The graph for these arguments; records where there is none.
   *
   * @param isFixed whether the sizes get a graph of their own even where an open one would serve
   * @throws TraceError when more than `limit` graphs differ by values that are no tensors: a number
   * that changes from call to call would be recorded for ever
   */
  entryFor(flat: FlatNest, isFixed = false): CacheEntry {
    const key = signatureKey(flat.signature);
    const known = this.byKey.get(key);
    const stale = known?.trace.watched.find(({ value, read }) => read() !== value);
    if (known !== undefined && stale === undefined) return this.use(known);
    if (known !== undefined && stale !== undefined) {
      const change = `${stale.label}: ${String(stale.value)} → ${String(stale.read())}`;
      if (++this.retired >= this.limit) this.refuse(change);
      this.events.log(`${this.name}: recorded again, ${change}`);
      this.forget(known);
    } else if (this.last !== null && this.recent.size >= this.limit) {
      this.refuseValues(flat);
    }
    const recording = this.events.record(flat);
    const entry = (isFixed ? null : this.withOpenBatch(recording)) ?? {
      ...recording,
      source: null,
    };
    if (known === undefined && this.last !== null && !this.recent.has(entry)) {
      const how = entry.source === null ? "recorded again" : "recorded for every batch size";
      this.events.log(`${this.name}: ${how}, ${describeChange(this.last, flat.signature)}`);
    }
    this.last = flat.signature;
    this.byKey.set(key, entry);
    this.use(entry);
    if (this.recent.size > this.limit) this.forget([...this.recent][0]);
    return entry;
  }

  /** Lets a graph go, and every signature that it served. */
  forget(entry: CacheEntry): void {
    if (!this.recent.delete(entry)) return;
    for (const [key, each] of this.byKey) if (each === entry) this.byKey.delete(key);
    this.events.drop(entry);
  }

  clear(): void {
    for (const entry of this.recent) this.forget(entry);
  }

  private use(entry: CacheEntry): CacheEntry {
    this.recent.delete(entry);
    this.recent.add(entry);
    return entry;
  }

  /** A graph that serves this batch size among others: one that is there, or a new one. */
  private withOpenBatch({ trace, graph, watchedOps }: Recording): CacheEntry | null {
    const alike = this.entries.filter((entry) => sameCall(entry.trace, trace));
    for (const entry of alike) {
      if (entry.source === null) continue;
      const merged = openBatch(entry.source, graph) ?? graph;
      if (sameGraph(merged, merged === graph ? entry.source : entry.graph)) return entry;
    }
    for (const { graph: source, source: opened } of alike) {
      const merged = opened === null ? openBatch(source, graph) : null;
      if (merged !== null) return { trace, graph: merged, source, watchedOps };
    }
    return null;
  }

  private refuseValues(flat: FlatNest): void {
    if (this.last === null || differInShapesOnly(this.last, flat.signature)) return;
    this.refuse(describeChange(this.last, flat.signature));
  }

  private refuse(change: string): never {
    throw new TraceError({
      where: this.name,
      expected: `at most ${this.limit} kinds of arguments`,
      got: `another one (${change})`,
      remedy: "Pass what changes as a tensor, pad batches to one size, or raise maxTraces.",
    });
  }
}

/** What a trace watches, in no order: tfjs lists a variable elsewhere once it has been made. */
const labelsOf = ({ watched }: Trace): string =>
  JSON.stringify(watched.map(({ label }) => label).sort());

/** Whether two traces give back the same nest and hang on the same values. */
function sameCall(a: Trace, b: Trace): boolean {
  return (
    sameStructure(a.structure, b.structure) &&
    a.prints.join() === b.prints.join() &&
    labelsOf(a) === labelsOf(b)
  );
}
