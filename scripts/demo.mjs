// `npm run demo`: runs set-up if needed, then the command of the same name.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const steps = [["scripts/setup.mjs"], ["dist/cli.js", "demo", ...process.argv.slice(2)]];
for (const [script, ...args] of steps) {
  const { status, error } = spawnSync(process.execPath, [path.join(root, script), ...args], {
    stdio: "inherit",
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
