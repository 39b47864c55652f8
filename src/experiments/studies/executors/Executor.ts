/** A job as submitted to an executor. */
export interface Ticket {
  readonly id: string;
  /** The job's index in the study's list, counted from 0. */
  readonly index: number;
}

/**
 * The state of a job in its executor. `ended` does not mean success: a job is done when its record
 * exists. `refused` means that it ended because of wrong input or options, so that it would fail again.
 */
export type TicketState = "waiting" | "running" | "ended" | "refused";

/** Submitted jobs. */
export interface Submission {
  /** The state of each job; called repeatedly. */
  readonly poll: () => Promise<ReadonlyMap<string, TicketState>>;
  /** Stops running jobs at their next step, and prevents others from starting. */
  readonly cancel: () => Promise<void>;
  /** The log file of a job; `null` if the job prints to this process, or if the log is not known. */
  readonly logOf: (id: string) => Promise<string | null>;
}

/** The exit status of `layerbook job` for wrong input or options, where another attempt would fail too. */
export const EXIT_REFUSED = 2;

/**
 * Runs a study's jobs. It only submits and watches them; the operating system, Slurm or Ray decides where
 * and when they run.
 */
export interface Executor {
  readonly name: string;
  /** @param out the study's folder */
  readonly submit: (out: string, tickets: readonly Ticket[]) => Promise<Submission>;
}
