import * as z from "zod";
import { requestJson } from "../../services/requestJson";
import type { Executor, Submission, Ticket, TicketState } from "./Executor";
import { queueName, shellLine } from "./jobCommand";
import type { CommandOptions } from "./jobCommand";

/** How jobs run on a Ray cluster. */
export interface RayOptions extends CommandOptions {
  /** Address of the cluster's dashboard; default `http://127.0.0.1:8265`. */
  readonly url?: string;
  /** What each job takes, by which Ray decides where and when it runs; default 1 and 0. */
  readonly cpus?: number;
  readonly gpus?: number;
}

/** What is read of a job that Ray knows. */
const jobListSchema = z.array(
  z.looseObject({ submission_id: z.string().nullish(), status: z.string() }),
);
type RayJob = z.infer<typeof jobListSchema>[number];

/** The states of a job that has not ended. */
const ALIVE = ["PENDING", "RUNNING"];

/**
 * Submits each of a study's jobs to Ray's Jobs API and watches them. The folder and the data must be
 * visible to the nodes. A watcher that is called again finds the jobs that are submitted already.
 *
 * @see Ray Jobs REST API
 */
export function rayExecutor(options: RayOptions): Executor {
  const { url = "http://127.0.0.1:8265", cpus = 1, gpus = 0 } = options;
  const service = {
    name: "Ray's Jobs API",
    url,
    remedy: "Give the address of the dashboard with --ray, as `ray start --head` prints it",
  };
  const list = (): Promise<RayJob[]> => requestJson(service, jobListSchema, "/api/jobs/", "GET");
  return {
    name: "ray",
    async submit(out, tickets): Promise<Submission> {
      const prefixOf = ({ id }: Ticket): string => `${queueName(out)}-${id}-try`;
      const known = await list();
      for (const ticket of tickets) {
        const before = known.filter((job) => job.submission_id?.startsWith(prefixOf(ticket)));
        if (before.some(({ status }) => ALIVE.includes(status))) continue;
        await requestJson(service, z.unknown(), "/api/jobs/", "POST", {
          entrypoint: shellLine(options, out, ["--id", ticket.id]),
          submission_id: `${prefixOf(ticket)}${before.length + 1}`,
          entrypoint_num_cpus: cpus,
          entrypoint_num_gpus: gpus,
        });
      }
      const latest = (jobs: readonly RayJob[], ticket: Ticket): RayJob | undefined => {
        const own = jobs.filter((job) => job.submission_id?.startsWith(prefixOf(ticket)));
        return own.find(({ status }) => ALIVE.includes(status));
      };
      return {
        async poll() {
          const jobs = await list();
          return new Map(
            tickets.map((ticket): [string, TicketState] => {
              const job = latest(jobs, ticket);
              const state = job === undefined ? "ended" : job.status;
              return [
                ticket.id,
                state === "ended" ? state : state === "PENDING" ? "waiting" : "running",
              ];
            }),
          );
        },
        async cancel() {
          const jobs = await list();
          for (const ticket of tickets) {
            const id = latest(jobs, ticket)?.submission_id;
            if (id !== undefined && id !== null)
              await requestJson(service, z.unknown(), `/api/jobs/${id}/stop`, "POST");
          }
        },
        logOf: () => null,
      };
    },
  };
}
