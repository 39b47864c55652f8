/**
 * State shared by the session's two threads: the one that runs cells and the one that reads commands.
 * The first two entries are those of the display host's `interruptFlag`.
 */
export const FLAG = {
  /** 1 while the user wants the running cell to stop. */
  requested: 0,
  /** How many sections are running that handle a stop themselves. */
  sections: 1,
  /** 1 while a cell or the handlers of a message run. */
  running: 2,
  /** Counts the stops that the cells' thread has seen. */
  seen: 3,
  /** Counts the cells and messages with handlers, so that a late stop cannot hit the next one. */
  turn: 4,
  /** The last turn that must not start, because it was stopped before the thread reached it. */
  stopped: 5,
  /** Counts the user's answers to input requests. */
  answered: 6,
  /** 1 while a debugger is attached: a cell waits for its breakpoints before it runs. */
  debugging: 7,
} as const;

/** Makes the flags, all 0. */
export function createFlags(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * Object.keys(FLAG).length));
}
