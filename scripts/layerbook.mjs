#!/usr/bin/env node
// The command `layerbook`. Unlike dist/ it is part of a fresh clone, so npx can link it, and `setup`
// and `doctor` work before anything is built, or if a package that dist/ needs is missing.
import fs from "node:fs";

const cli = new URL("../dist/cli.js", import.meta.url);

/** Runs the built command line; returns why it cannot run, or `null`. */
async function run() {
  if (!fs.existsSync(cli)) return "not built yet";
  try {
    await import(cli.href);
    return null;
  } catch (error) {
    if (!["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"].includes(error?.code)) throw error;
    return error.message.split("\n")[0];
  }
}

const problem = await run();
if (problem !== null) {
  const { withoutBuild } = await import("./setup/withoutBuild.mjs");
  process.exitCode = await withoutBuild(problem, process.argv.slice(2), process.env);
}
