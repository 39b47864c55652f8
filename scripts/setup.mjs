#!/usr/bin/env node
// Sets up a fresh clone, or a project that depends on layerbook, until everything runs.
// It uses only Node itself, since node_modules may not exist yet.
const oldest = 20;
const [major] = process.versions.node.split(".").map(Number);
if (major < oldest) {
  console.error(
    `set-up: expected Node ${oldest} or newer, got ${process.versions.node}. ` +
      "Install a current one, for example with your system's package manager or nvm, and run again.",
  );
  process.exit(2);
}
const { main } = await import("./setup/main.mjs");
process.exitCode = await main(process.argv.slice(2), process.env);
