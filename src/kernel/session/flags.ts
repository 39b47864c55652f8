/**
 * What the session's two threads share: the cells' and the one that reads commands. The first two
 * places are those of the display host's `interruptFlag`.
 */
export const FLAG = {
  /** 1 while the user wants the running cell to stop. */
  requested: 0,
  /** How many sections run that stop by themselves. */
  sections: 1,
  /** 1 while a cell, or the handlers of a message, are at hand. */
  running: 2,
  /** Counts the stops that the cells' thread has heard of. */
  seen: 3,
  /** Counts the cells and messages with handlers, so that a late stop cannot hit the next one. */
  turn: 4,
  /** The last turn that is not to begin: it was stopped before the thread came to it. */
  stopped: 5,
  /** Counts the user's answers to what cells ask. */
  answered: 6,
  /** 1 while a debugger is attached: a cell waits for its breakpoints before it runs. */
  debugging: 7,
} as const;

/** Makes the flags, all 0. */
export function createFlags(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * Object.keys(FLAG).length));
}
