import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { readProgress } from "../jobProgress";
import { jobFolder, jobLog } from "../studyFolder";
import { EXIT_REFUSED } from "./Executor";
import type { Executor, Submission, Ticket, TicketState } from "./Executor";
import { availableMemory, mayStart } from "./memory";

/** Options of {@link localExecutor}. */
export interface LocalOptions {
  /** The program and the arguments before `job`, e.g. node and the path of `cli.js`. */
  readonly command: readonly string[];
  /** Arguments after those of the job, e.g. for trackers. */
  readonly jobArguments?: readonly string[];
  /** Maximum number of jobs at a time, if memory allows; default 1. */
  readonly jobs?: number;
}

/**
 * Runs each job in its own process, so that a crash costs only one job and memory is released. A further job
 * starts only when the memory of a job is known from the first one and that much is free. If
 * `CUDA_VISIBLE_DEVICES` lists several GPUs, each process gets one of them.
 */
export function localExecutor({ command, jobArguments = [], jobs = 1 }: LocalOptions): Executor {
  return {
    name: "local",
    submit(out, tickets): Promise<Submission> {
      const states = new Map<string, TicketState>(tickets.map(({ id }) => [id, "waiting"]));
      const children = new Map<string, { readonly child: ChildProcess; readonly slot: number }>();
      const peaks = new Map<string, number>();
      const start = ({ id }: Ticket): void => {
        const used = new Set([...children.values()].map(({ slot }) => slot));
        const slot = Array.from({ length: jobs }, (_, index) => index).find(
          (index) => !used.has(index),
        );
        const log = openLog(out, id);
        const child = spawn(
          command[0],
          [...command.slice(1), "job", out, "--id", id, ...jobArguments],
          { stdio: ["ignore", log, log], env: { ...process.env, ...deviceOf(slot ?? 0) } },
        );
        closeSync(log);
        children.set(id, { child, slot: slot ?? 0 });
        states.set(id, "running");
        const end = (state: TicketState) => (): void => {
          children.delete(id);
          states.set(id, state);
        };
        child.once("exit", (code) => end(code === EXIT_REFUSED ? "refused" : "ended")());
        child.once("error", end("refused"));
      };
      return Promise.resolve({
        async poll() {
          for (const id of children.keys()) {
            const progress = await readProgress(jobFolder(out, id));
            if (progress !== null) peaks.set(id, progress.peakBytes);
          }
          for (;;) {
            const next = tickets.find(({ id }) => states.get(id) === "waiting");
            const unknown = [...children.keys()].filter((id) => !peaks.has(id)).length;
            const admission = {
              ...{ running: children.size, most: jobs, unknown },
              ...{ peaks: [...peaks.values()], available: availableMemory() },
            };
            if (next === undefined || !mayStart(admission)) return states;
            start(next);
          }
        },
        cancel() {
          for (const [id, state] of states) if (state === "waiting") states.set(id, "ended");
          for (const { child } of children.values()) child.kill("SIGTERM");
          return Promise.resolve();
        },
        logOf: (id) => Promise.resolve(jobLog(out, id)),
      });
    },
  };
}

function openLog(out: string, id: string): number {
  mkdirSync(jobFolder(out, id), { recursive: true });
  return openSync(jobLog(out, id), "a");
}

/** Assigns one GPU per process, if several are listed. */
function deviceOf(slot: number): Record<string, string> {
  const devices = (process.env["CUDA_VISIBLE_DEVICES"] ?? "").split(",").filter(Boolean);
  return devices.length > 1 ? { CUDA_VISIBLE_DEVICES: devices[slot % devices.length] } : {};
}
