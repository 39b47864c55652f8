// @ts-check
// Publishes the package with provenance, from a pipeline that can sign (OIDC). `--dry-run` does
// everything but the upload, on any machine.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { releaseFaults } from "./supply/release.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const isDryRun = process.argv.includes("--dry-run");
const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));

/** @param {readonly string[]} args */
const git = (...args) =>
  spawnSync("git", args, { cwd: root, encoding: "utf8" }).stdout?.trim() ?? "";

const faults = releaseFaults({
  manifest,
  changelog: fs.readFileSync(path.join(root, "CHANGELOG.md"), "utf8"),
  tags: git("tag", "--points-at", "HEAD").split("\n"),
  isClean: git("status", "--porcelain") === "",
  env: process.env,
});
for (const fault of faults) console.error(`${isDryRun ? "before a release" : "publish"}: ${fault}`);
if (faults.length > 0 && !isDryRun) process.exit(1);

const args = ["publish", "--access", "public"];
// npm signs only in a pipeline; elsewhere a dry run shows everything else.
const how = isDryRun ? ["--dry-run", "--ignore-scripts", "--tag", "next"] : ["--provenance"];
const { status } = spawnSync("npm", [...args, ...how], { cwd: root, stdio: "inherit" });
process.exitCode = status ?? 1;
