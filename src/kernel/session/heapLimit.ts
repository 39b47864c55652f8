import v8 from "node:v8";
import vm from "node:vm";

const MB = 2 ** 20;

/** How much garbage may accumulate, whatever is in use. */
const SPARE_BYTES = 40 * MB;

/** How much garbage may accumulate, as a fraction of what is in use. */
const SPARE_SHARE = 0.3;

/**
 * Keeps the heap close to the size in use. Checking a cell leaves megabytes that V8 considers
 * long-lived; it would let them grow to several times the size in use before collecting.
 */
export class HeapLimit {
  /** Bytes in use at the last check. */
  #inUse: number;
  #collect: (() => void) | null = null;

  constructor() {
    this.#inUse = heapBytes();
  }

  /** Collects garbage if much has accumulated; call it when the user is not waiting. */
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
 * V8's garbage collection, which Node exposes only on request. Setting the flag now affects only
 * contexts created from here on, so cells do not see `gc`.
 */
function collector(): () => void {
  v8.setFlagsFromString("--expose-gc");
  return vm.runInNewContext("gc") as () => void;
}
