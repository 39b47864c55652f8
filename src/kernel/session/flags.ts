/**
 * What the session's two threads share: the cells' and the one that reads commands. The first two
 * places are those of the display host's `interruptFlag`.
 */
export const FLAG = {
  /** 1 while the user wants the running cell to stop. */
  requested: 0,
  /** How many sections run that stop by themselves. */
  sections: 1,
  /** One of the four below. */
  running: 2,
  /** Counts the interrupts that the cells' thread has seen. */
  seen: 3,
  /** Counts the cells, so that a late interrupt cannot hit the next one. */
  cell: 4,
  /** The last cell that is not to begin: it was stopped while the session loaded. */
  stopped: 5,
  /** Counts the user's answers to what cells ask. */
  answered: 6,
  /** 1 while a debugger is attached: a cell waits for its breakpoints before it runs. */
  debugging: 7,
} as const;

/** No cell is there. */
export const IDLE = 0;
/** A cell is compiled, or its value shown: breaking into that would break the kernel. */
export const PREPARING = 1;
/** The cell's own code runs. */
export const RUNNING = 2;
/** Its JavaScript is about to be terminated: until that has happened, nothing else may begin. */
export const BREAKING = 3;

/** Makes the flags, all 0. */
export function createFlags(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * Object.keys(FLAG).length));
}
