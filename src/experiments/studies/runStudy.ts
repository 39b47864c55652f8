import { readFile, statfs } from "node:fs/promises";
import { DataError } from "../../core/errors";
import { createProgress } from "../../display";
import type { Progress } from "../../display";
import { hasLock, withFolderLock } from "../storage/folderLock";
import type { SliceDataset } from "../../data/types";
import type { Executor, Submission, Ticket, TicketState } from "./executors/Executor";
import type { Job } from "./job";
import { readProgress } from "./jobProgress";
import { readJobRecord } from "./jobRecord";
import type { JobRecord } from "./jobRecord";
import { jobFolder, openStudy } from "./studyFolder";
import type { Study } from "./studyFolder";
import { studySteps } from "./studySteps";

/** How often a job that ended without a record (killed, out of memory) is handed over again. */
const RETRIES = 2;
/** Between two looks at the jobs: short at first, for small studies, then longer. */
const [FIRST_PAUSE_MS, LAST_PAUSE_MS] = [10, 1000];

/** How a study runs. */
export interface RunStudyOptions {
  /** Jobs that are done are read from it, the others run; it may be called again at any time. */
  readonly out: string;
  readonly dataset: SliceDataset;
  readonly executor: Executor;
  /** What the progress bar is called, or `false` for none; default the study's kind. */
  readonly progress?: string | false;
  readonly shouldStop?: () => boolean;
  /** Relative cost of one step of a job, for the time that is left; default: all the same. */
  readonly stepCost?: (job: Job) => number;
}

/** What a study came to. */
export interface StudyResult {
  /** Of all jobs that are done, in the order of the plan. */
  readonly records: readonly JobRecord[];
  /** False where it was asked to stop; called again it goes on. */
  readonly isComplete: boolean;
  /** Jobs that this call did, and found done. */
  readonly trained: number;
  readonly found: number;
}

/**
 * Runs the jobs of a study that are not done, and returns all records. Each job's record is written
 * when it ends; a job that is killed is handed over again and goes on from its checkpoint.
 *
 * @throws ConfigError when the folder holds another study or other data; DataError when a job
 *   failed several times
 */
export function runStudy(study: Study, options: RunStudyOptions): Promise<StudyResult> {
  const { out, dataset, executor } = options;
  return withFolderLock(out, async () => {
    await openStudy(out, study, dataset);
    const found = await readRecords(out, study.jobs);
    // Killed behind its record: it is called again, to tidy up.
    for (const id of found.keys()) if (await hasLock(jobFolder(out, id))) found.delete(id);
    const pending = study.jobs
      .map(({ id }, index): Ticket => ({ id, index }))
      .filter(({ id }) => !found.has(id));
    const watcher = new StudyWatcher(study, options, new Set(found.keys()));
    try {
      for (let attempt = 0, rest = pending; rest.length > 0 && !watcher.isStopped; attempt++) {
        const submission = await executor.submit(out, rest);
        const refused = await watcher.watch(submission, rest);
        const done = await readRecords(out, study.jobs);
        rest = rest.filter(({ id }) => !done.has(id));
        const failed = refused.filter((ticket) => rest.includes(ticket));
        if (failed.length > 0) throw await failure(out, submission, failed);
        if (attempt === RETRIES && rest.length > 0 && !watcher.isStopped) {
          throw await failure(out, submission, rest);
        }
      }
    } catch (error) {
      watcher.isFailed = true;
      throw error;
    } finally {
      watcher.close();
    }
    const records = await readRecords(out, study.jobs);
    return {
      records: [...records.values()],
      isComplete: records.size === study.jobs.length,
      trained: records.size - found.size,
      found: found.size,
    };
  });
}

/** Shows how far all jobs together are, and passes a stop on. */
class StudyWatcher {
  isStopped = false;
  isFailed = false;
  private readonly bar: Progress | null;
  private readonly steps: ReadonlyMap<string, number>;
  private readonly work: ReadonlyMap<string, number>;
  private readonly finished = new Set<string>();

  constructor(
    private readonly study: Study,
    private readonly options: RunStudyOptions,
    private readonly found: ReadonlySet<string>,
  ) {
    const { stepCost = () => 1, progress = study.kind } = options;
    // What was found done says nothing about how fast the rest goes.
    const pending = study.jobs.filter(({ id }) => !found.has(id));
    this.steps = studySteps(study.jobs, (id) => found.has(id));
    const steps = sumOf(this.steps.values());
    const costs = new Map(pending.map((job) => [job.id, this.stepsOf(job.id) * stepCost(job)]));
    const cost = sumOf(costs.values());
    // Counted in steps of average cost.
    this.work = new Map([...costs].map(([id, each]) => [id, (each * steps) / (cost || 1)]));
    const total = steps;
    this.bar =
      progress === false || pending.length === 0
        ? null
        : createProgress({ label: progress, total });
  }

  /**
   * Waits until all tickets have ended, or a stop is asked for and they have stopped. One that is refused
   * stops the others: what is wrong with one is wrong with all.
   *
   * @returns those that were refused
   */
  async watch(submission: Submission, tickets: readonly Ticket[]): Promise<readonly Ticket[]> {
    const { shouldStop = () => false } = this.options;
    let isCancelled = false;
    const cancel = async (): Promise<void> => {
      if (!isCancelled) await submission.cancel();
      isCancelled = true;
    };
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(1.5 * pause, LAST_PAUSE_MS)) {
      const states = await submission.poll();
      await this.show(states);
      const refused = tickets.filter(({ id }) => states.get(id) === "refused");
      const isEnded = ({ id }: Ticket): boolean => states.get(id) === "ended";
      if (tickets.every((ticket) => refused.includes(ticket) || isEnded(ticket))) return refused;
      if (refused.length > 0) await cancel();
      if (shouldStop()) {
        this.isStopped = true;
        await cancel();
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  close(): void {
    if (this.isFailed) this.bar?.stop("failed", "failed");
    else if (this.isStopped) this.bar?.stop("stopped", "interrupted");
    else this.bar?.stop();
  }

  private stepsOf(id: string): number {
    return this.steps.get(id) ?? 0;
  }

  private workOf(id: string): number {
    return this.work.get(id) ?? 0;
  }

  private async show(states: ReadonlyMap<string, TicketState>): Promise<void> {
    if (this.bar === null) return;
    let done = 0;
    const running: string[] = [];
    for (const job of this.study.jobs) {
      const { id } = job;
      if (this.found.has(id)) continue;
      const folder = jobFolder(this.options.out, id);
      if (!this.finished.has(id) && states.get(id) === "ended") {
        if ((await readJobRecord(folder, job)) !== null) this.finished.add(id);
      }
      if (this.finished.has(id)) done += this.workOf(id);
      else if (states.get(id) === "running") {
        const step = (await readProgress(folder))?.step ?? 0;
        done += this.workOf(id) * Math.min(1, step / Math.max(this.stepsOf(id), 1));
        running.push(id);
      }
    }
    const jobs = `${this.found.size + this.finished.size}/${this.study.jobs.length}`;
    this.bar.update(Math.round(done), {
      jobs,
      ...(running.length > 0 ? { now: running.slice(0, 3).join(", ") } : {}),
    });
  }
}

function sumOf(values: Iterable<number>): number {
  return [...values].reduce((sum, each) => sum + each, 0);
}

/** Records by job, in the plan's order. */
async function readRecords(out: string, jobs: readonly Job[]): Promise<Map<string, JobRecord>> {
  const records = new Map<string, JobRecord>();
  for (const job of jobs) {
    const record = await readJobRecord(jobFolder(out, job.id), job);
    if (record !== null) records.set(job.id, record);
  }
  return records;
}

async function failure(
  out: string,
  submission: Submission,
  tickets: readonly Ticket[],
): Promise<DataError> {
  const [{ id }] = tickets;
  const log = await submission.logOf(id);
  const text = log === null ? "" : await readFile(log, "utf8").catch(() => "");
  const lastLine = text.trim().split("\n").at(-1) ?? "";
  // A full disk takes no log either.
  const reason = lastLine === "" && (await isFull(out)) ? "the disk is full" : lastLine;
  return new DataError({
    where: out,
    expected: "a record of every job",
    got:
      `none of ${id}${tickets.length > 1 ? ` and ${tickets.length - 1} others` : ""}` +
      (reason === "" ? "" : ` (${reason.slice(0, 300)})`),
    remedy: `Read ${log ?? "the error above"}, then run the command again`,
  });
}

/** Less than this is no room for a training's files. */
const LEAST_FREE_BYTES = 2 ** 20;

async function isFull(folder: string): Promise<boolean> {
  const disk = await statfs(folder).catch(() => null);
  return disk !== null && disk.bavail * disk.bsize < LEAST_FREE_BYTES;
}
