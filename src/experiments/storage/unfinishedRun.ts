import { join } from "node:path";
import { DataError } from "../../core/errors";
import { pathKind } from "../../files/readFiles";
import { folderOwner } from "./folderLock";
import { JOB_RECORD_FILE, MANIFEST_FILE, RECORD_FILE, STUDY_FILE } from "./fileNames";

/** The progress of a stopped training that wrote its record. */
interface Progress {
  readonly epochs: number;
  readonly wantedEpochs: number;
}

/**
 * The error for a folder without a finished run, which describes what the folder contains.
 *
 * @param stopped `null` if there is no record
 */
export async function unfinishedRun(folder: string, stopped: Progress | null): Promise<DataError> {
  const [got, remedy] = await contentsOf(folder, stopped);
  return new DataError({ where: folder, expected: "a folder with a finished run", got, remedy });
}

async function contentsOf(
  folder: string,
  stopped: Progress | null,
): Promise<readonly [got: string, remedy: string]> {
  const has = async (name: string): Promise<boolean> =>
    (await pathKind(join(folder, name))) !== "missing";
  const owner = await folderOwner(folder).catch(() => null);
  const resume = "Run its train command again to finish it";
  if (owner !== null) {
    const { pid, host } = owner;
    return [`one in use by process ${pid} on ${host}`, "Wait until its training has ended"];
  }
  if (stopped !== null) {
    const { epochs, wantedEpochs } = stopped;
    return [`one that was stopped after ${epochs} of ${wantedEpochs} epochs`, resume];
  }
  if (await has(STUDY_FILE)) {
    return ["a study", "Name the folder of one of its jobs, if it was run with --keep-weights"];
  }
  if (await has(JOB_RECORD_FILE)) {
    const remedy = "Run the study with --keep-weights in another folder, or train the model";
    return ["a study's job, whose weights were not kept", remedy];
  }
  if (await has(MANIFEST_FILE)) return ["one whose training was killed", resume];
  const kind = await pathKind(folder);
  if (kind === "missing") return ["nothing at that path", "Check the path for a typing error"];
  if (kind !== "folder") return ["a file", "Name the folder that it is in"];
  const remedy = "Name the folder that was given to train as --out";
  return [`no ${RECORD_FILE} in it`, remedy];
}
