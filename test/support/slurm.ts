import { randomBytes } from "node:crypto";
import { execFileSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { eventually, freePort, serviceProgram, startService, stopService } from "./services";

/** The programs of a one-node cluster. */
export const SLURM_PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel"];

/** A cluster consisting of this machine. */
export interface SlurmCluster {
  /** The environment variables by which Slurm's commands find it. */
  readonly env: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

/** Starts munged, slurmctld and slurmd with separate files and ports. */
export async function startSlurm(folder: string): Promise<SlurmCluster> {
  const at = (name: string): string => join(folder, name);
  const program = (name: string): string => serviceProgram(name) ?? name;
  for (const name of ["state", "spool"]) mkdirSync(at(name), { recursive: true });
  writeFileSync(at("munge.key"), randomBytes(1024), { mode: 0o400 });
  const node = hostname().split(".")[0];
  const user = process.env["USER"] ?? execFileSync("id", ["-un"], { encoding: "utf8" }).trim();
  const conf = [
    ...["ClusterName=test", `SlurmctldHost=${node}(127.0.0.1)`, `SlurmUser=${user}`],
    ...[`SlurmdUser=${user}`, "AuthType=auth/munge", `AuthInfo=socket=${at("munge.sock")}`],
    ...[`StateSaveLocation=${at("state")}`, `SlurmdSpoolDir=${at("spool")}`],
    ...[`SlurmctldPidFile=${at("ctld.pid")}`, `SlurmdPidFile=${at("d.pid")}`],
    ...[`SlurmctldPort=${await freePort()}`, `SlurmdPort=${await freePort()}`],
    ...["ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none", "ReturnToService=2"],
    ...["SelectType=select/cons_tres", "SelectTypeParameters=CR_Core", "MpiDefault=none"],
    ...["JobAcctGatherType=jobacct_gather/none", "KillWait=30"],
    `NodeName=${node} NodeAddr=127.0.0.1 CPUs=2 RealMemory=500 State=UNKNOWN`,
    `PartitionName=main Nodes=${node} Default=YES MaxTime=INFINITE State=UP`,
  ];
  writeFileSync(at("slurm.conf"), `${conf.join("\n")}\n`);
  const env = { SLURM_CONF: at("slurm.conf") };
  const own = { ...process.env, ...env };
  const munge = ["--foreground", "--force", `--key-file=${at("munge.key")}`];
  const files = ["socket=munge.sock", "pid-file=munged.pid", "log-file=munged.log"];
  const services: ChildProcess[] = [
    startService(program("munged"), [
      ...munge,
      ...[...files, "seed-file=munge.seed"].map((pair) => {
        const [name, file] = pair.split("=");
        return `--${name}=${at(file)}`;
      }),
    ]),
  ];
  await new Promise((resolve) => setTimeout(resolve, 500));
  services.push(startService(program("slurmctld"), ["-D", "-f", at("slurm.conf")], own));
  services.push(startService(program("slurmd"), ["-D", "-f", at("slurm.conf")], own));
  await eventually(() => {
    const state = execFileSync(program("sinfo"), ["-h", "-o", "%T"], {
      env: own,
      encoding: "utf8",
    });
    return Promise.resolve(state.trim() === "idle" ? true : null);
  });
  return {
    env,
    async stop() {
      for (const service of services.reverse()) await stopService(service);
    },
  };
}
