// npm run bench -- NAME [--quick]: runs bench/NAME/NAME.ts, prints its table, and writes
// bench/results/NAME.json. `--quick` does three repetitions and writes nothing.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";

const [name, ...flags] = process.argv.slice(2);
const names = readdirSync("bench").filter((entry) =>
  existsSync(join("bench", entry, `${entry}.ts`)),
);
if (!names.includes(name)) {
  console.error(`bench: expected one of ${names.join(", ")}, got ${name ?? "nothing"}`);
  process.exit(2);
}
const python = join(".venv-bench", "bin", "python");
if (!existsSync(python)) {
  console.error(
    "bench: expected the peers in .venv-bench. python3 -m venv .venv-bench && .venv-bench/bin/pip install -r bench/requirements.txt",
  );
  process.exit(2);
}

// Two packages are ES modules only; they are bundled, as in the build.
const { dependencies, devDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
const external = Object.keys({ ...dependencies, ...devDependencies })
  .filter((dependency) => !["fast-png", "nifti-reader-js"].includes(dependency))
  .flatMap((dependency) => [dependency, `${dependency}/*`]);

/** Compiles a TypeScript file to one that Node runs; packages are not bundled. */
function bundle(entry) {
  const outfile = join(
    "node_modules",
    ".cache",
    "layerbook-bench",
    `${entry.replaceAll("/", "-")}.cjs`,
  );
  buildSync({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    external,
    logLevel: "error",
  });
  return outfile;
}

const require = createRequire(import.meta.url);
const module = require(join(process.cwd(), bundle(`bench/${name}/${name}.ts`)));
const [, run] = Object.entries(module).find(([key]) => key.startsWith("bench"));
const isQuick = flags.includes("--quick");
const rows = await run(python, { repetitions: isQuick ? 3 : 20, bundle });

const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
const { model } = cpus()[0];
const flagsOfCpu = execFileSync(
  "sh",
  ["-c", "grep -m1 -o 'avx512_bf16\\|amx_bf16' /proc/cpuinfo || true"],
  {
    encoding: "utf8",
  },
).trim();
const memoryGiB = Math.round(totalmem() / 2 ** 30);
const machine = `${model.trim()}, ${cpus().length} cores, ${memoryGiB} GiB${flagsOfCpu ? `, ${flagsOfCpu}` : ""}`;
console.log(`\n${name} at ${commit} on ${machine}`);
console.table(
  rows.map(({ bestMs, medianMs, peakMiB, ...row }) => ({
    ...row,
    bestMs: Number(bestMs.toFixed(2)),
    medianMs: Number(medianMs.toFixed(2)),
    peakMiB: peakMiB === null ? "" : Math.round(peakMiB),
  })),
);
if (!isQuick) {
  mkdirSync("bench/results", { recursive: true });
  const text = JSON.stringify({ machine, commit, rows }, null, 2);
  writeFileSync(`bench/results/${name}.json`, `${text}\n`);
}
// Exit even if peer processes are still running.
process.exit(0);
