// Runs cell.ts as tslab's kernel runs a notebook cell, without Jupyter.
const { readFileSync } = require("node:fs");
const { createConverter } = require("tslab/dist/converter");
const { createExecutor } = require("tslab/dist/executor");

const node = createConverter({ isJS: false, isBrowser: false });
const executor = createExecutor(process.cwd(), { node, close: () => node.close() }, console);
executor.execute(readFileSync("cell.ts", "utf8")).then((isWell) => {
  node.close();
  process.exitCode = isWell ? 0 : 1;
});
