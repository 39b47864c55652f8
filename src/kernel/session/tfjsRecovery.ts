/** The fields of a tensor that tfjs' engine tracks. */
interface TrackedTensor {
  readonly dataId: object;
  readonly kept: boolean;
  readonly isDisposed: boolean;
  isDisposedInternal?: boolean;
  dispose(): void;
}

interface Backend {
  refCount(dataId: object): number;
  disposeData(dataId: object, force?: boolean): boolean;
}

type Counts = Record<"numTensors" | "numStringTensors" | "numBytes" | "numDataBuffers", number>;

/** The parts of tfjs' engine that a terminated call may leave inconsistent. */
interface Engine {
  readonly state: Counts & {
    gradientDepth: number;
    kernelDepth: number;
    activeTape: readonly { readonly saved?: readonly TrackedTensor[] }[] | null;
    activeScope: unknown;
    readonly scopeStack: { readonly track: readonly TrackedTensor[] }[];
    readonly tensorInfo: {
      get(dataId: object): { readonly backend: Backend } | undefined;
      has(dataId: object): boolean;
      delete(dataId: object): boolean;
    };
  };
  trackTensor(tensor: TrackedTensor, backend?: Backend): void;
  disposeTensor(tensor: TrackedTensor): void;
  clone(tensor: TrackedTensor): TrackedTensor;
  addTapeNode(...args: TapeNodeArgs): void;
  endScope(result?: unknown): void;
}

type TapeNodeArgs = [
  kernelName: string,
  inputs: unknown,
  outputs: unknown,
  gradient: unknown,
  saved: readonly TrackedTensor[] | undefined,
  attrs: unknown,
];

/** An unfinished change of the engine's bookkeeping. */
interface Change {
  readonly kind: "track" | "dispose";
  readonly tensor: TrackedTensor;
  /** The counts before the change. */
  readonly counts: Counts;
  readonly backend: Backend | undefined;
  /** How many tensors used the data before; `null` if the engine did not know it. */
  readonly references: number | null;
}

/** Where tfjs stores its engine, whichever copy of tfjs a cell imported. */
const ENGINE = "_tfengine";

/**
 * Tracks tfjs' engine, so that its state can be restored after JavaScript was terminated in the middle
 * of it. Termination skips every `catch` and `finally`, in which tfjs would have closed its scopes and
 * its gradient tape, and it may happen between any two calls within the engine.
 */
class EngineWatch {
  readonly #engine: Engine;
  readonly #trackTensor: Engine["trackTensor"];
  readonly #disposeTensor: Engine["disposeTensor"];
  /** Tensors made in an open scope and not disposed, including variables. */
  readonly #born = new Set<TrackedTensor>();
  /** Data allocated in an open scope. */
  readonly #bornData = new Set<object>();
  /** Clones made for the backward pass that are not on a tape yet. */
  readonly #clones = new Set<TrackedTensor>();
  #change: Change | null = null;

  constructor(engine: Engine) {
    this.#engine = engine;
    const { state } = engine;
    this.#trackTensor = engine.trackTensor.bind(engine);
    this.#disposeTensor = engine.disposeTensor.bind(engine);
    const clone = engine.clone.bind(engine);
    const addTapeNode = engine.addTapeNode.bind(engine);
    const endScope = engine.endScope.bind(engine);
    engine.trackTensor = (tensor, backend) => {
      this.#change = this.#begin("track", tensor, backend);
      this.#track(tensor, backend);
      this.#change = null;
    };
    engine.disposeTensor = (tensor) => {
      // The engine ignores data that it does not know.
      if (!state.tensorInfo.has(tensor.dataId)) return;
      this.#change = this.#begin("dispose", tensor);
      this.#disposeTensor(tensor);
      this.#forget(tensor);
      this.#change = null;
    };
    // The engine clones tensors that a gradient needs, and holds the clones until it is computed.
    engine.clone = (tensor) => {
      const copy = clone(tensor);
      this.#clones.add(copy);
      return copy;
    };
    engine.addTapeNode = (...args) => {
      addTapeNode(...args);
      for (const tensor of args[4] ?? []) this.#clones.delete(tensor);
    };
    engine.endScope = (result) => {
      endScope(result);
      if (state.scopeStack.length === 0) this.#forgetAll();
    };
  }

  /** Does what closing all open scopes and gradients would have done. */
  reset(): void {
    const { state } = this.#engine;
    state.gradientDepth = 0;
    state.kernelDepth = 0;
    if (this.#change !== null) this.#complete(this.#change);
    this.#change = null;
    const saved = state.activeTape?.flatMap((node) => node.saved ?? []) ?? [];
    state.activeTape = null;
    const scoped = state.scopeStack.flatMap(({ track }) => track);
    state.scopeStack.length = 0;
    state.activeScope = null;
    for (const tensor of [...saved, ...this.#clones]) if (!tensor.isDisposed) tensor.dispose();
    for (const tensor of [...scoped, ...this.#born]) {
      const stays = tensor.kept || "trainable" in tensor;
      if (!stays && !tensor.isDisposed) tensor.dispose();
    }
    this.#freeUnused();
    this.#clones.clear();
    this.#forgetAll();
  }

  #track(tensor: TrackedTensor, backend?: Backend): void {
    const { scopeStack, tensorInfo } = this.#engine.state;
    if (scopeStack.length > 0) {
      this.#born.add(tensor);
      if (!tensorInfo.has(tensor.dataId)) this.#bornData.add(tensor.dataId);
    }
    this.#trackTensor(tensor, backend);
  }

  #forget(tensor: TrackedTensor): void {
    this.#born.delete(tensor);
    if (!this.#engine.state.tensorInfo.has(tensor.dataId)) this.#bornData.delete(tensor.dataId);
  }

  #forgetAll(): void {
    this.#born.clear();
    this.#bornData.clear();
  }

  /** Frees data whose reference count was raised for a tensor that was never made. */
  #freeUnused(): void {
    const { state } = this.#engine;
    const used = new Set([...this.#born].map(({ dataId }) => dataId));
    for (const dataId of this.#bornData) {
      const info = state.tensorInfo.get(dataId);
      if (info === undefined || used.has(dataId)) continue;
      info.backend.disposeData(dataId, true);
      state.tensorInfo.delete(dataId);
      state.numDataBuffers--;
    }
  }

  #begin(kind: Change["kind"], tensor: TrackedTensor, backend?: Backend): Change {
    const { state } = this.#engine;
    const { numTensors, numStringTensors, numBytes, numDataBuffers } = state;
    const info = state.tensorInfo.get(tensor.dataId);
    return {
      ...{ kind, tensor, backend: backend ?? info?.backend },
      counts: { numTensors, numStringTensors, numBytes, numDataBuffers },
      references: info?.backend.refCount(tensor.dataId) ?? null,
    };
  }

  /** Completes an unfinished change, however far it got. */
  #complete({ kind, tensor, counts, backend, references }: Change): void {
    const { state } = this.#engine;
    const { dataId } = tensor;
    if (kind === "track") {
      Object.assign(state, counts);
      if (references === null) state.tensorInfo.delete(dataId);
      this.#track(tensor, backend);
      return;
    }
    if (backend?.refCount(dataId) === references) {
      Object.assign(state, counts);
      this.#disposeTensor(tensor);
    } else if (references === 1) {
      // The tensor is already removed; its data are only partly freed.
      backend?.disposeData(dataId, true);
      state.tensorInfo.delete(dataId);
      state.numDataBuffers = counts.numDataBuffers - 1;
    }
    this.#forget(tensor);
    tensor.isDisposedInternal = true;
  }
}

const watches = new WeakMap<Engine, EngineWatch>();

function engineOf(): Engine | undefined {
  return (globalThis as { [ENGINE]?: Engine })[ENGINE];
}

/** Whether any code has loaded tfjs. */
export function isTfjsLoaded(): boolean {
  return engineOf() !== undefined;
}

/** Starts tracking tfjs' engine, if tfjs is loaded. */
export function watchTfjsEngine(): void {
  const engine = engineOf();
  if (engine !== undefined && !watches.has(engine)) watches.set(engine, new EngineWatch(engine));
}

/**
 * Restores tfjs' engine to its idle state. Otherwise the next gradient would record onto a tape that
 * is never read, and the tensors of the terminated call would leak.
 */
export function resetTfjsEngine(): void {
  watchTfjsEngine();
  const engine = engineOf();
  if (engine !== undefined) watches.get(engine)?.reset();
}
