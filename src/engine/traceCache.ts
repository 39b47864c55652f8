import { TraceError } from "../core/errors";
import type { RecordedFunction } from "./graph";
import { describeChange, differInShapesOnly, sameStructure, signatureKey } from "./nest";
import type { FlatNest } from "./nest";
import { openBatch, sameGraph } from "./passes/openBatch";
import type { Trace } from "./trace";

/** Default maximum number of graphs of a compiled function or a predictor. */
export const DEFAULT_MAX_TRACES = 8;

/** A function recorded for one signature, and the resulting graph. */
export interface Recording {
  readonly trace: Trace;
  readonly graph: RecordedFunction;
  /** The ops that the NaN flags in the last result refer to. Empty without `debug`. */
  readonly watchedOps: readonly string[];
}

/** The graph that serves a call. */
export interface CacheEntry {
  readonly trace: Trace;
  readonly watchedOps: readonly string[];
  /** The graph to load. */
  readonly graph: RecordedFunction;
  /** For a graph with an open batch: the graph of one size, which others are compared with. */
  readonly source: RecordedFunction | null;
}

/** Callbacks for calls that no graph fits. */
export interface CacheEvents {
  /** Records the function for these arguments. */
  record(flat: FlatNest): Recording;
  /** Called when a graph is no longer used. */
  drop(entry: CacheEntry): void;
  log(line: string): void;
}

/**
 * The graphs of one function: one per signature and, from a second batch size on, one with an open
 * batch for all other sizes. At most `limit`; the least recently used one is dropped first.
 */
export class TraceCache {
  private readonly byKey = new Map<string, CacheEntry>();
  /** In order of use, the most recently used last. */
  private readonly recent = new Set<CacheEntry>();
  private last: FlatNest["signature"] | null = null;
  /**
   * Number of graphs dropped because a recorded number has changed: they count towards the limit, or a
   * schedule would record new graphs forever.
   */
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
   * The graph for these arguments; records one if there is none.
   *
   * @param isFixed whether to record a separate graph for these sizes even if one with an open batch
   * exists
   * @throws TraceError if more than `limit` graphs differ in non-tensor values: a number that changes
   * from call to call would cause endless recording
   */
  entryFor(flat: FlatNest, isFixed = false): CacheEntry {
    const key = signatureKey(flat.signature);
    const known = this.byKey.get(key);
    const stale = known?.trace.watched.find(({ value, read }) => read() !== value);
    if (known !== undefined && stale === undefined) return this.use(known);
    if (known !== undefined && stale !== undefined) {
      const change = `${stale.label}: ${String(stale.value)} → ${String(stale.read())}`;
      if (++this.retired >= this.limit) this.fail(change);
      this.events.log(`${this.name}: recorded again, ${change}`);
      this.forget(known);
    } else if (this.last !== null && this.recent.size >= this.limit) {
      this.rejectValues(flat);
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

  /** Drops a graph and every signature that it served. */
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

  /** A graph for this and other batch sizes: an existing one, or a new one. */
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

  private rejectValues(flat: FlatNest): void {
    if (this.last === null || differInShapesOnly(this.last, flat.signature)) return;
    this.fail(describeChange(this.last, flat.signature));
  }

  private fail(change: string): never {
    throw new TraceError({
      where: this.name,
      expected: `at most ${this.limit} combinations of argument shapes and values`,
      got: `one more (${change})`,
      remedy: "Pass values that change as tensors, pad batches to one size, or raise maxTraces.",
    });
  }
}

/**
 * The values that a trace watches, regardless of order: tfjs lists a new variable at another position
 * later.
 */
const labelsOf = ({ watched }: Trace): string =>
  JSON.stringify(watched.map(({ label }) => label).sort());

/** Whether two traces return the same structure and depend on the same values. */
function sameCall(a: Trace, b: Trace): boolean {
  return (
    sameStructure(a.structure, b.structure) &&
    a.prints.join() === b.prints.join() &&
    labelsOf(a) === labelsOf(b)
  );
}
