import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { SetupError } from "../../../core/errors";
import { EXIT_REFUSED } from "./Executor";
import type { Executor, Submission, TicketState } from "./Executor";
import { queueName, shellLine } from "./jobCommand";
import type { CommandOptions } from "./jobCommand";
import { patiently } from "./patiently";

/** Options of {@link slurmExecutor}. */
export interface SlurmOptions extends CommandOptions {
  /** Options of sbatch as one line: `--gres=gpu:1 --mem=8G --time=4:00:00`. */
  readonly sbatch?: string;
}

/**
 * Submits a study's jobs as one Slurm array and watches the queue. The nodes must have access to the folder
 * and the data. If called again, finds the tasks that are already queued.
 */
export function slurmExecutor(options: SlurmOptions): Executor {
  return {
    name: "slurm",
    async submit(out, tickets): Promise<Submission> {
      const name = queueName(out);
      const logs = join(resolve(out), "slurm");
      await mkdir(logs, { recursive: true });
      const queued = await queue(name);
      const arrays = new Map([...queued].map(([index, { array }]) => [index, array]));
      const indices = tickets.map(({ index }) => index).filter((index) => !queued.has(index));
      if (indices.length > 0) {
        const printed = await slurm("sbatch", [
          ...["--parsable", `--job-name=${name}`, `--array=${indices.join(",")}`],
          `--output=${join(logs, "%a.log")}`,
          "--open-mode=append",
          ...(options.sbatch ?? "").split(/\s+/).filter((word) => word !== ""),
          `--wrap=${shellLine(options, out, ["--index"], '"$SLURM_ARRAY_TASK_ID"')}`,
        ]);
        // "1234", or "1234;cluster".
        for (const index of indices) arrays.set(index, printed.trim().split(";")[0]);
      }
      const byId = new Map(tickets.map(({ id, index }) => [id, index]));
      const ended = new Map<number, TicketState>();
      const states = async (): Promise<Map<string, TicketState>> => {
        const now = await queue(name);
        for (const { index } of tickets) {
          if (now.has(index) || ended.has(index)) continue;
          ended.set(index, await endOf(`${arrays.get(index) ?? ""}_${index}`));
        }
        return new Map(
          tickets.map(({ id, index }): [string, TicketState] => [
            id,
            now.get(index)?.state ?? ended.get(index) ?? "ended",
          ]),
        );
      };
      return {
        poll: patiently(states, new Map(tickets.map(({ id }) => [id, "waiting"]))),
        async cancel() {
          await slurm("scancel", [`--name=${name}`, "--state=PENDING"]);
          // On this signal a training writes its checkpoint and stops.
          await slurm("scancel", [`--name=${name}`, "--signal=TERM", "--full"]);
        },
        logOf: (id) => Promise.resolve(join(logs, `${byId.get(id) ?? ""}.log`)),
      };
    },
  };
}

/** A task in the queue. */
interface QueuedTask {
  /** The job id of its array. */
  readonly array: string;
  readonly state: TicketState;
}

/** Tasks in the queue, by their array index. */
async function queue(name: string): Promise<Map<number, QueuedTask>> {
  const format = "--format=%F %K %T";
  const text = await slurm("squeue", ["--noheader", "--array", `--name=${name}`, format]);
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return new Map(
    lines.map((line): [number, QueuedTask] => {
      const [array, index, state] = line.trim().split(/\s+/);
      return [Number(index), { array, state: state === "PENDING" ? "waiting" : "running" }];
    }),
  );
}

/**
 * The final state of a task that has left the queue. Slurm's controller keeps the exit code for some minutes;
 * after that, only the task's record shows whether it succeeded.
 */
async function endOf(task: string): Promise<TicketState> {
  const text = await slurm("scontrol", ["--oneliner", "show", "job", task]).catch(() => "");
  const code = /\bExitCode=(\d+):/.exec(text)?.[1];
  return Number(code) === EXIT_REFUSED ? "refused" : "ended";
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
