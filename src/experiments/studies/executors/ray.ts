import { appendFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import * as z from "zod";
import { requestJson } from "../../services/requestJson";
import { jobLog } from "../studyFolder";
import { EXIT_REFUSED } from "./Executor";
import type { Executor, Submission, Ticket, TicketState } from "./Executor";
import { queueName, shellLine } from "./jobCommand";
import type { CommandOptions } from "./jobCommand";
import { patiently } from "./patiently";

/** Options of {@link rayExecutor}. */
export interface RayOptions extends CommandOptions {
  /** Address of the cluster's dashboard; default `http://127.0.0.1:8265`. */
  readonly url?: string;
  /** Resources of each job, by which Ray schedules it; default 1 and 0. */
  readonly cpus?: number;
  readonly gpus?: number;
}

/** The fields of a job in Ray's list that are read. */
const jobSchema = z.looseObject({
  submission_id: z.string().nullish(),
  status: z.string(),
  driver_exit_code: z.number().nullish(),
});
const logsSchema = z.looseObject({ logs: z.string() });
type RayJob = z.infer<typeof jobSchema>;

/** The states of a job that has not ended. */
const ALIVE = ["PENDING", "RUNNING"];

/**
 * Submits each of a study's jobs to Ray's Jobs API and watches them. The nodes must have access to the
 * folder and the data. If called again, finds the jobs that are already submitted.
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
  const list = (): Promise<RayJob[]> =>
    requestJson(service, z.array(jobSchema), "/api/jobs/", "GET");
  return {
    name: "ray",
    async submit(out, tickets): Promise<Submission> {
      const known = await list();
      const submissions = new Map<string, string>();
      for (const ticket of tickets) {
        const { alive, next } = triesOf(ticket, queueName(out), known);
        submissions.set(ticket.id, alive ?? next);
        if (alive !== null) continue;
        await requestJson(service, z.unknown(), "/api/jobs/", "POST", {
          entrypoint: shellLine(options, out, ["--id", ticket.id]),
          submission_id: next,
          entrypoint_num_cpus: cpus,
          entrypoint_num_gpus: gpus,
        });
      }
      const states = async (): Promise<Map<string, TicketState>> => {
        const jobs = new Map((await list()).map((job) => [job.submission_id, job]));
        return new Map(
          tickets.map(({ id }): [string, TicketState] => [
            id,
            stateOf(jobs.get(submissions.get(id))),
          ]),
        );
      };
      return {
        poll: patiently(states, new Map(tickets.map(({ id }) => [id, "waiting"]))),
        async cancel() {
          for (const { submission_id: id, status } of await list()) {
            if (typeof id !== "string" || !ALIVE.includes(status)) continue;
            if (![...submissions.values()].includes(id)) continue;
            await requestJson(service, z.unknown(), `/api/jobs/${id}/stop`, "POST");
          }
        },
        async logOf(id) {
          const path = `/api/jobs/${submissions.get(id) ?? ""}/logs`;
          try {
            const { logs } = await requestJson(service, logsSchema, path, "GET");
            const log = jobLog(out, id);
            await mkdir(dirname(log), { recursive: true });
            await appendFile(log, logs);
            return log;
          } catch {
            // The failure of the job is the error to report, and Ray's dashboard has the log too.
            return null;
          }
        },
      };
    },
  };
}

/** A ticket's submission that has not ended, and the name for the next one, since a name can be used only once. */
function triesOf(
  { id }: Ticket,
  queue: string,
  jobs: readonly RayJob[],
): { readonly alive: string | null; readonly next: string } {
  const prefix = `${queue}-${id}-try`;
  const own = jobs.flatMap(({ submission_id: name, status }) =>
    typeof name === "string" && name.startsWith(prefix) ? [{ name, status }] : [],
  );
  const numbers = own.map(({ name }) => Number(name.slice(prefix.length)) || 0);
  return {
    alive: own.find(({ status }) => ALIVE.includes(status))?.name ?? null,
    next: `${prefix}${Math.max(0, ...numbers) + 1}`,
  };
}

function stateOf(job: RayJob | undefined): TicketState {
  if (job === undefined) return "ended";
  if (job.status === "PENDING") return "waiting";
  if (job.status === "RUNNING") return "running";
  return job.driver_exit_code === EXIT_REFUSED ? "refused" : "ended";
}
