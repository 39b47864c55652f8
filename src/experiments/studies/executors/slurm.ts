import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { SetupError } from "../../../core/errors";
import type { Executor, Submission, Ticket, TicketState } from "./Executor";
import { queueName, shellLine } from "./jobCommand";
import type { CommandOptions } from "./jobCommand";

/** How jobs run under Slurm. */
export interface SlurmOptions extends CommandOptions {
  /** Options of sbatch as one line: `--gres=gpu:1 --mem=8G --time=4:00:00`. */
  readonly sbatch?: string;
}

/**
 * Submits a study's jobs as one Slurm array and watches the queue. The folder and the data must be
 * visible to the nodes. A watcher that is called again finds the tasks that are queued already.
 */
export function slurmExecutor(options: SlurmOptions): Executor {
  return {
    name: "slurm",
    async submit(out, tickets): Promise<Submission> {
      const name = queueName(out);
      const logs = join(resolve(out), "slurm");
      await mkdir(logs, { recursive: true });
      const queued = await queue(name);
      const indices = tickets.map(({ index }) => index).filter((index) => !queued.has(index));
      if (indices.length > 0) {
        await slurm("sbatch", [
          ...["--parsable", `--job-name=${name}`, `--array=${indices.join(",")}`],
          `--output=${join(logs, "%a.log")}`,
          "--open-mode=append",
          ...(options.sbatch ?? "").split(/\s+/).filter((word) => word !== ""),
          `--wrap=${shellLine(options, out, ["--index"], '"$SLURM_ARRAY_TASK_ID"')}`,
        ]);
      }
      const byId = new Map(tickets.map(({ id, index }) => [id, index]));
      return {
        poll: async () => statesOf(tickets, await queue(name)),
        async cancel() {
          await slurm("scancel", [`--name=${name}`, "--state=PENDING"]);
          // The signal asks a training to write its checkpoint and stop.
          await slurm("scancel", [`--name=${name}`, "--signal=TERM", "--full"]);
        },
        logOf: (id) => join(logs, `${byId.get(id) ?? ""}.log`),
      };
    },
  };
}

function statesOf(
  tickets: readonly Ticket[],
  queued: ReadonlyMap<number, TicketState>,
): Map<string, TicketState> {
  return new Map(tickets.map(({ id, index }) => [id, queued.get(index) ?? "ended"]));
}

/** Tasks in the queue, by their array index. */
async function queue(name: string): Promise<Map<number, TicketState>> {
  const text = await slurm("squeue", ["--noheader", "--array", `--name=${name}`, "--format=%K %T"]);
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return new Map(
    lines.map((line): [number, TicketState] => {
      const [index, state] = line.trim().split(/\s+/);
      return [Number(index), state === "PENDING" ? "waiting" : "running"];
    }),
  );
}

function slurm(program: string, args: readonly string[]): Promise<string> {
  return new Promise((fulfil, reject) => {
    execFile(program, args, { encoding: "utf8" }, (error, stdout, stderr) => {
      if (error === null) fulfil(stdout);
      else {
        const got = error.code === "ENOENT" ? "no such program" : stderr.trim().split("\n")[0];
        reject(
          new SetupError({
            where: program,
            expected: "Slurm to answer",
            got: got === "" ? error.message : got,
            remedy: "Run it on a machine that submits to Slurm, or use --executor local",
            cause: error,
          }),
        );
      }
    });
  });
}
