/** A job as an executor sees it. */
export interface Ticket {
  readonly id: string;
  /** The job's place in the study's list, from 0. */
  readonly index: number;
}

/**
 * Where a job stands with its executor. `ended` says nothing of success: a job is done when its
 * record is there. `refused`: it ended because input or options are wrong, so that it would end the
 * same way again.
 */
export type TicketState = "waiting" | "running" | "ended" | "refused";

/** Jobs that were handed over. */
export interface Submission {
  /** Where each stands; asked again and again. */
  readonly poll: () => Promise<ReadonlyMap<string, TicketState>>;
  /** Asks running jobs to stop at their next step, and the others not to begin. */
  readonly cancel: () => Promise<void>;
  /** The file with what a job printed; `null` where it prints here, or where nobody knows any more. */
  readonly logOf: (id: string) => Promise<string | null>;
}

/** How `layerbook job` exits when input or options are wrong: it would end the same way again. */
export const EXIT_REFUSED = 2;

/**
 * Runs a study's jobs somewhere. It submits and watches; what runs where and when is decided by the
 * operating system, Slurm or Ray.
 */
export interface Executor {
  readonly name: string;
  /** @param out the study's folder */
  readonly submit: (out: string, tickets: readonly Ticket[]) => Promise<Submission>;
}
