interface TrackedTensor {
  readonly kept: boolean;
  readonly isDisposed: boolean;
  dispose(): void;
}

/** The parts of tfjs' engine that a terminated call leaves half changed. */
interface EngineState {
  readonly state: {
    gradientDepth: number;
    kernelDepth: number;
    activeTape: readonly { readonly saved?: readonly TrackedTensor[] }[] | null;
    activeScope: unknown;
    readonly scopeStack: { readonly track: readonly TrackedTensor[] }[];
  };
}

/** tfjs keeps its engine here, whichever copy of it a cell imported. */
const ENGINE = "_tfengine";

/**
 * Brings tfjs' engine back to rest. Terminating JavaScript passes by every `catch` and `finally`,
 * by which tfjs would have closed its scopes and its gradient tape: without this, the next gradient
 * would record onto a tape that nobody reads.
 */
export function resetTfjsEngine(): void {
  const engine = (globalThis as { [ENGINE]?: EngineState })[ENGINE];
  if (engine === undefined) return;
  const { state } = engine;
  state.gradientDepth = 0;
  state.kernelDepth = 0;
  // What a gradient's end would have done: its tape keeps tensors for the way back.
  const saved = state.activeTape?.flatMap((node) => node.saved ?? []) ?? [];
  state.activeTape = null;
  for (const tensor of saved) if (!tensor.isDisposed) tensor.dispose();
  // What the end of each open scope would have done.
  const tensors = state.scopeStack.flatMap(({ track }) => track);
  state.scopeStack.length = 0;
  state.activeScope = null;
  for (const tensor of tensors) if (!tensor.kept && !tensor.isDisposed) tensor.dispose();
}
