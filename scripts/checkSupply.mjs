// @ts-check
// Checks our dependencies: exact versions, licences and known vulnerabilities. Accepted exceptions
// are listed with their reasons in scripts/supply/.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { evaluateAudit } from "./supply/audit.mjs";
import { installedPackages, refusedLicenses } from "./supply/licenses.mjs";
import { unpinnedVersions } from "./supply/pins.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/**
 * @param {string} what
 * @param {readonly string[]} faults
 * @param {string} remedy
 */
function report(what, faults, remedy) {
  if (faults.length === 0) return console.log(`ok: ${what}`);
  console.error(`${what}: ${faults.join(", ")}. ${remedy}`);
  process.exitCode = 1;
}

const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
report("exact versions", unpinnedVersions(manifest), "Pin them exactly (`npm install -E`).");

const refused = refusedLicenses(installedPackages(root));
report(
  "licences",
  refused.map(({ name, license }) => `${name} is ${license}`),
  "Use another package, or accept it with a reason in scripts/supply/licenses.mjs.",
);

// No retries: a registry mirror that does not support audits reports this at once.
const { stdout } = spawnSync("npm", ["audit", "--json", "--fetch-retries=0"], {
  cwd: root,
  encoding: "utf8",
  timeout: 60_000,
});
const audit = evaluateAudit(stdout ?? "");
if (audit.isServed) {
  report(
    "npm audit",
    audit.refused,
    "Update them, or accept them with a reason in scripts/supply/audit.mjs.",
  );
} else console.log(`skipped: npm audit: the registry does not support it (${audit.reason})`);
