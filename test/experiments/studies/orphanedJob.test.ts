import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { loadEngine } from "../../../src/engine/load";
import { presetConfig } from "../../../src/experiments/config/presets";
import { withFolderLock } from "../../../src/experiments/storage/folderLock";
import { inProcessExecutor } from "../../../src/experiments/studies/executors/inProcess";
import { crossValidationFolds } from "../../../src/experiments/studies/folds";
import { writeDroppedRecord } from "../../../src/experiments/studies/jobRecord";
import { planCompare } from "../../../src/experiments/studies/planners/compare";
import { runPlannedJob } from "../../../src/experiments/studies/runPlannedJob";
import { runStudy } from "../../../src/experiments/studies/runStudy";
import { jobFolder, openStudy } from "../../../src/experiments/studies/studyFolder";
import type { Study } from "../../../src/experiments/studies/studyFolder";
import { PROCESS_PLACE } from "../../../src/files/processPlace";
import { createGate } from "../../support/gate";
import { tempFolder } from "../../support/tempFolder";
import { discDataset } from "../support/discDataset";

loadEngine();
const root = tempFolder();
const dataset = discDataset();
const config = presetConfig("smoke", {
  ...{ size: 16, epochs: 1, compiled: false },
  model: { filters: 2, depth: 1 },
});
const folds = crossValidationFolds(dataset.cases, config);
const [job] = planCompare({ models: ["unet"], augmentations: ["none"], config, folds });
const study: Study = { kind: "compare", source: "discs", config, jobs: [job] };

/**
 * A study whose job is being run by a process that outlived the one that started it. This process plays that
 * role, since the lock does not distinguish two owners in one process from two processes.
 *
 * @param end what the other process does before it ends
 */
async function orphaned(
  name: string,
  end: (folder: string) => Promise<unknown>,
): Promise<{ out: string; hasEnded: Promise<unknown>; letEnd: () => void }> {
  const out = join(root, name);
  await openStudy(out, study, dataset);
  const folder = jobFolder(out, job.id);
  const [begun, asked] = [createGate(), createGate()];
  const hasEnded = withFolderLock(folder, async () => {
    begun.open();
    await asked.opened;
    await end(folder);
  });
  await begun.opened;
  return { out, hasEnded, letEnd: asked.open };
}

beforeEach(() => jest.spyOn(console, "warn").mockImplementation(() => undefined));
afterEach(() => jest.restoreAllMocks());

describe("a job that is still run by an orphaned process", () => {
  it("is waited for, and its record is used, so that nothing is trained twice", async () => {
    const { out, hasEnded, letEnd } = await orphaned("recorded", (folder) =>
      writeDroppedRecord(folder, job, "was written by the other", dataset.classNames),
    );
    const waiting = runPlannedJob(out, job.id, { dataset, waits: true, progress: false });
    const first = await Promise.race([waiting, new Promise((next) => setTimeout(next, 300))]);
    expect(first).toBeUndefined();
    letEnd();
    expect((await waiting)?.dropped).toBe("was written by the other");
    await hasEnded;
  });

  it("is run here if the other process ends without a record", async () => {
    const { out, hasEnded, letEnd } = await orphaned("died", () => Promise.resolve());
    const waiting = runPlannedJob(out, job.id, { dataset, waits: true, progress: false });
    letEnd();
    const record = await waiting;
    expect(record?.cases.map(({ id }) => id)).toEqual(job.split.test);
    await hasEnded;
  });

  it("is no longer waited for after a stop", async () => {
    const { out, hasEnded, letEnd } = await orphaned("stopped", () => Promise.resolve());
    const shouldStop = (): boolean => true;
    expect(
      await runPlannedJob(out, job.id, { dataset, waits: true, shouldStop, progress: false }),
    ).toBeNull();
    letEnd();
    await hasEnded;
  });

  it("and that was killed after writing its record is cleaned up, and counted once", async () => {
    const out = join(root, "behind");
    await openStudy(out, study, dataset);
    const folder = jobFolder(out, job.id);
    await writeDroppedRecord(folder, job, "was written before the kill", dataset.classNames);
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    const place = PROCESS_PLACE;
    const lock = {
      host: hostname(),
      place,
      pid,
      processStart: "gone",
      since: "2026-01-01",
      token: "t",
    };
    writeFileSync(join(folder, "lock.json"), JSON.stringify(lock));
    for (const name of ["weights.safetensors", "run.json"]) writeFileSync(join(folder, name), "{}");
    const executor = inProcessExecutor((id) => runPlannedJob(out, id, { dataset }));
    const { records } = await runStudy(study, { out, dataset, executor, progress: false });
    expect(records.map(({ dropped }) => dropped)).toEqual(["was written before the kill"]);
    expect(readdirSync(folder).sort()).toEqual(["job.json", "record.json"]);
  });

  it("is an error that names the process if waiting was not requested", async () => {
    const { out, hasEnded, letEnd } = await orphaned("refused", () => Promise.resolve());
    await expect(runPlannedJob(out, job.id, { dataset })).rejects.toThrow(
      new RegExp(`in use by process ${process.pid} on `),
    );
    letEnd();
    await hasEnded;
  });
});
