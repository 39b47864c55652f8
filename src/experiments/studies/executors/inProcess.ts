import type { Executor, Submission, TicketState } from "./Executor";

/** Runs one job in this process; resolves to `null` if it was asked to stop. */
export type RunHere = (id: string) => Promise<unknown>;

/** Runs jobs one after another in this process, for a notebook, where the data are in memory. */
export function inProcessExecutor(runHere: RunHere): Executor {
  return {
    name: "in process",
    submit(_out, tickets): Promise<Submission> {
      const states = new Map<string, TicketState>(tickets.map(({ id }) => [id, "waiting"]));
      let isCancelled = false;
      let failure: { readonly error: unknown } | null = null;
      const work = async (): Promise<void> => {
        for (const { id } of tickets) {
          if (isCancelled) break;
          states.set(id, "running");
          if ((await runHere(id)) === null) isCancelled = true;
          states.set(id, "ended");
        }
      };
      void work().catch((error: unknown) => {
        failure = { error };
      });
      return Promise.resolve({
        poll: () => (failure === null ? Promise.resolve(states) : Promise.reject(asError(failure))),
        cancel: () => {
          isCancelled = true;
          return Promise.resolve();
        },
        logOf: () => Promise.resolve(null),
      });
    },
  };
}

function asError({ error }: { readonly error: unknown }): Error {
  return error instanceof Error ? error : new Error(String(error));
}
