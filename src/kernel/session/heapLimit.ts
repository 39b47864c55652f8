import v8 from "node:v8";
import vm from "node:vm";

const MB = 2 ** 20;

/** How much garbage may gather, whatever is in use. */
const SPARE_BYTES = 40 * MB;

/** How much may gather of what is in use. */
const SPARE_SHARE = 0.3;

/**
 * Keeps the heap near what is in use. Checking a cell leaves megabytes behind that V8 takes for
 * long-lived, and that it would let gather to several times what is in use before it looks.
 */
export class HeapLimit {
  /** What was in use when it was last looked at. */
  #inUse: number;
  #collect: (() => void) | null = null;

  constructor() {
    this.#inUse = heapBytes();
  }

  /** Collects garbage where much has gathered; to be called when nobody waits. */
  check(): void {
    if (heapBytes() < this.#inUse + Math.max(SPARE_BYTES, SPARE_SHARE * this.#inUse)) return;
    this.#collect ??= collector();
    this.#collect();
    this.#inUse = heapBytes();
  }
}

function heapBytes(): number {
  return v8.getHeapStatistics().used_heap_size;
}

/**
 * V8's own collection, which Node shows to those alone who ask for it. Set now, the flag reaches
 * only contexts that are made from here on, and not the cells'.
 */
function collector(): () => void {
  v8.setFlagsFromString("--expose-gc");
  return vm.runInNewContext("gc") as () => void;
}
