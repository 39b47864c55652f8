// npm run fuzz [-- --count 10000 --seed 1 --format png --json]: corrupts files of each format and reads them,
// each format in a child process with a memory limit. Exits with 1 after a crash, a hang, or any result except a
// value or a DataError that names the file. With --json, each format's result is one line of JSON.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildSync } from "esbuild";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    format: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const LIMIT_MIB = 768;
// A file name with the process id: two simultaneous runs must not overwrite each other's file.
const outfile = join("node_modules", ".cache", "layerbook-fuzz", `child-${process.pid}.cjs`);
const { dependencies, optionalDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
buildSync({
  entryPoints: [join("test", "fuzz", "child.ts")],
  outfile,
  bundle: true,
  platform: "node",
  format: "cjs",
  external: Object.keys({ ...dependencies, ...optionalDependencies }).filter(
    (name) => !["fast-png", "nifti-reader-js"].includes(name),
  ),
  logLevel: "error",
});

// The child process lists the formats.
const { stdout } = spawnSync(process.execPath, [outfile], { encoding: "utf8" });
const names = JSON.parse(stdout);
let isSound = true;
for (const name of values.format === undefined ? names : [values.format]) {
  const child = spawnSync(
    process.execPath,
    ["--max-old-space-size=256", outfile, name, values.count, values.seed],
    { encoding: "utf8", maxBuffer: 2 ** 28, timeout: 30 * 60 * 1000 },
  );
  if (child.status !== 0) {
    isSound = false;
    console.log(`${name}: the process ended with ${child.signal ?? child.status}\n${child.stderr}`);
    continue;
  }
  const result = JSON.parse(child.stdout);
  const { values: read, refusals, faults, slowestMs, peakMiB } = result;
  const isWithin = faults.length === 0 && peakMiB < LIMIT_MIB;
  isSound &&= isWithin;
  if (values.json) {
    console.log(JSON.stringify({ format: name, limitMiB: LIMIT_MIB, ...result }));
    continue;
  }
  console.log(
    `${isWithin ? "ok  " : "BAD "} ${name}: ${read} read, ${refusals} refused, ${faults.length} faults, slowest ${slowestMs.toFixed(0)} ms, peak ${peakMiB} MiB`,
  );
  for (const fault of faults.slice(0, 5)) console.log(`  ${fault}`);
}
rmSync(outfile, { force: true });
process.exit(isSound ? 0 : 1);
