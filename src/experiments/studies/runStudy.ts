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
import { roughDuration } from "./roughDuration";
import { studySteps } from "./studySteps";

/** How often a job that ended without a record (killed, out of memory) is submitted again. */
const RETRIES = 2;
/** The interval between checks of the jobs: short at first, for small studies, then longer. */
const [FIRST_PAUSE_MS, LAST_PAUSE_MS] = [10, 1000];

/** Options of {@link runStudy}. */
export interface RunStudyOptions {
  /** The study's folder. Finished jobs are read from it, others are run; a study can be resumed at any time. */
  readonly out: string;
  readonly dataset: SliceDataset;
  readonly executor: Executor;
  /** Label of the progress bar, or `false` for no bar; default the study's kind. */
  readonly progress?: string | false;
  readonly shouldStop?: () => boolean;
  /** Relative cost of one step of a job, to estimate the remaining time; by default all are equal. */
  readonly stepCost?: (job: Job) => number;
  /** Seconds that jobs take, very roughly; the progress bar shows it until the first steps are done. */
  readonly estimate?: (jobs: readonly Job[]) => number;
}

/** The result of a study. */
export interface StudyResult {
  /** The records of all finished jobs, in the order of the plan. */
  readonly records: readonly JobRecord[];
  /** False if the study was stopped; another call continues it. */
  readonly isComplete: boolean;
  /** The number of jobs that this call trained, and the number that were already done. */
  readonly trained: number;
  readonly found: number;
}

/**
 * Runs the unfinished jobs of a study and returns all records. Each job's record is written when it ends.
 * A job that is killed is submitted again and continues from its checkpoint.
 *
 * @throws ConfigError if the folder has another study or other data; DataError if a job failed several
 *   times
 */
export function runStudy(study: Study, options: RunStudyOptions): Promise<StudyResult> {
  const { out, dataset, executor } = options;
  return withFolderLock(out, async () => {
    await openStudy(out, study, dataset);
    const found = await readRecords(out, study.jobs);
    // A job killed after writing its record is run again to clean up.
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

/** Shows the overall progress of the jobs and forwards stop requests. */
class StudyWatcher {
  isStopped = false;
  isFailed = false;
  private readonly bar: Progress | null;
  private readonly steps: ReadonlyMap<string, number>;
  private readonly work: ReadonlyMap<string, number>;
  private readonly finished = new Set<string>();
  /** How long it takes, until there are steps to tell it by. */
  private readonly expected: string | null;

  constructor(
    private readonly study: Study,
    private readonly options: RunStudyOptions,
    private readonly found: ReadonlySet<string>,
  ) {
    const { stepCost = () => 1, progress = study.kind } = options;
    // Jobs that were already done do not count towards the estimated time.
    const pending = study.jobs.filter(({ id }) => !found.has(id));
    this.steps = studySteps(study.jobs, (id) => found.has(id));
    const steps = sumOf(this.steps.values());
    const costs = new Map(pending.map((job) => [job.id, this.stepsOf(job.id) * stepCost(job)]));
    const cost = sumOf(costs.values());
    // The unit is a step of average cost.
    this.work = new Map([...costs].map(([id, each]) => [id, (each * steps) / (cost || 1)]));
    const total = steps;
    this.bar =
      progress === false || pending.length === 0
        ? null
        : createProgress({ label: progress, total, unit: "steps" });
    this.expected =
      this.bar === null || this.options.estimate === undefined
        ? null
        : `very roughly ${roughDuration(this.options.estimate(pending))}`;
  }

  /**
   * Waits until all tickets have ended, or have stopped after a stop request. If one is refused, the others
   * are stopped, since they have the same fault.
   *
   * @returns the tickets that were refused
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
      ...(this.expected !== null && done === 0 ? { expected: this.expected } : {}),
    });
  }
}

function sumOf(values: Iterable<number>): number {
  return [...values].reduce((sum, each) => sum + each, 0);
}

/** Records by job id, in the order of the plan. */
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
  // If the disk is full, the log is empty too.
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

/** With less free space than this, the files of a training do not fit. */
const LEAST_FREE_BYTES = 2 ** 20;

async function isFull(folder: string): Promise<boolean> {
  const disk = await statfs(folder).catch(() => null);
  return disk !== null && disk.bavail * disk.bsize < LEAST_FREE_BYTES;
}
