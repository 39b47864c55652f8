import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Kills the process of the first job of a study that has a checkpoint.
 *
 * @returns the job's folder
 */
export async function killOneJob(study: string): Promise<string> {
  const jobs = join(study, "jobs");
  for (let look = 0; look < 3000; look++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (!existsSync(jobs)) continue;
    const job = readdirSync(jobs)
      .map((id) => join(jobs, id))
      .find((path) =>
        ["checkpoint.safetensors", "lock.json"].every((name) => existsSync(join(path, name))),
      );
    if (job === undefined) continue;
    const { pid } = JSON.parse(readFileSync(join(job, "lock.json"), "utf8")) as { pid: number };
    process.kill(pid, "SIGKILL");
    return job;
  }
  throw new Error("no job had a checkpoint");
}
