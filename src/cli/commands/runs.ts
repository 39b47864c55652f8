import type { Command } from "commander";
import { ConfigError } from "../../core/errors";
import { formatScore, markdownTable } from "../../experiments/studies/scoreTable";
import type { BrokenRun, RunListing } from "../../experiments/storage/listRuns";
import { addCommonOptions, resultAction } from "../runAction";
import type { CommandResult, CommonOptions } from "../runAction";

interface PruneOptions extends CommonOptions {
  readonly yes?: boolean;
}

/** `layerbook runs`: lists, compares and prunes runs. */
export function registerRunsCommand(program: Command): void {
  const runs = program.command("runs").description("list, compare and prune trained runs");
  addCommonOptions(
    runs
      .command("list", { isDefault: true })
      .description("list every run in a folder and its subfolders")
      .argument("[folder]", "where to look", "runs"),
  ).action((folder: string, options: CommonOptions) => resultAction(() => list(folder))(options));
  addCommonOptions(
    runs
      .command("compare")
      .description("show the settings in which runs differ, and their validation scores")
      .argument("<folders...>", "two runs or more"),
  ).action((folders: string[], options: CommonOptions) =>
    resultAction(() => compare(folders))(options),
  );
  addCommonOptions(
    runs
      .command("prune")
      .description("list unfinished runs; with --yes, remove them")
      .argument("[folder]", "where to look", "runs")
      .option("--yes", "remove them"),
  ).action((folder: string, options: PruneOptions) =>
    resultAction<PruneOptions>(({ yes }) => prune(folder, yes === true))(options),
  );
}

async function list(folder: string): Promise<CommandResult> {
  const { listRuns } = await import("../library");
  const { runs, broken } = await listRuns(folder);
  return {
    text: [
      runs.length === 0 && broken.length === 0 ? `No runs in ${folder}` : table(runs),
      ...problems(broken),
    ].join("\n"),
    json: { folder, runs, broken },
  };
}

async function compare(folders: readonly string[]): Promise<CommandResult> {
  const { differingSettings, listRuns } = await import("../library");
  const found = await Promise.all(folders.map((folder) => listRuns(folder)));
  const runs = found.flatMap((each) => each.runs);
  const broken = problems(found.flatMap((each) => each.broken));
  if (runs.length < 2) {
    throw new ConfigError({
      where: "runs compare",
      expected: "two runs or more",
      got: [`${runs.length} in ${folders.join(", ")}`, ...broken].join("; "),
    });
  }
  const differences = differingSettings(runs);
  const rows = differences.map(({ setting, values }) => [setting, ...values]);
  const dice = runs.map(({ validationDice }) => formatScore(validationDice ?? NaN));
  return {
    text:
      markdownTable([
        ["setting", ...runs.map(({ folder }) => folder)],
        ...rows,
        ["validation Dice", ...dice],
      ]) + broken.map((line) => `\n${line}`).join(""),
    json: { runs, differences },
  };
}

async function prune(folder: string, isAgreed: boolean): Promise<CommandResult> {
  const { listRuns, pruneRuns } = await import("../library");
  const { runs, broken } = await listRuns(folder);
  const stopped = runs.filter(({ state }) => state === "interrupted" || state === "stopped");
  const left = isAgreed ? await pruneRuns(stopped) : [];
  const count = `${stopped.length} ${stopped.length === 1 ? "run" : "runs"}`;
  return {
    text: [
      stopped.length === 0
        ? `Nothing to remove in ${folder}`
        : isAgreed
          ? [`Removed ${count}`, ...left.map((path) => `Left ${path}: no file of a run`)].join("\n")
          : `${table(stopped)}\nRun it again with --yes to remove ${count}`,
      ...problems(broken),
    ].join("\n"),
    json: { folder, isRemoved: isAgreed, runs: stopped, left, broken },
  };
}

/** Lines about runs that cannot be read, which are kept for the user to decide. */
function problems(broken: readonly BrokenRun[]): string[] {
  return broken.map(({ problem }) => `Cannot be read: ${problem}`);
}

function table(runs: readonly RunListing[]): string {
  return markdownTable([
    ["folder", "model", "preset", "state", "epochs", "validation Dice", "minutes", "MiB"],
    ...runs.map((run) => [
      run.folder,
      run.model,
      run.preset,
      run.state,
      `${run.epochs ?? "-"}/${run.wantedEpochs}`,
      formatScore(run.validationDice ?? NaN),
      formatScore((run.seconds ?? NaN) / 60, 1),
      (run.bytes / 2 ** 20).toFixed(1),
    ]),
  ]);
}
