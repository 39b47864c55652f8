import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { runKernel } from "./runKernel";
import { runCommandReader, runSession } from "./session/main";

/** The folder of the package that this script belongs to. */
function packageRoot(): string {
  let folder = __dirname;
  while (!existsSync(`${folder}/package.json`) && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  return folder;
}

const args = process.argv.slice(2);
const strict = args.includes("--strict");
if (args.includes("--command-reader")) {
  runCommandReader();
} else if (args.includes("--session")) {
  runSession({ cwd: process.cwd(), packageRoot: packageRoot(), strict, script: __filename });
} else {
  const [connectionFile] = args.filter((arg) => !arg.startsWith("--"));
  if (connectionFile === undefined) {
    process.stderr.write("usage: kernel.js [--strict] CONNECTION_FILE\n");
    process.exitCode = 2;
  } else {
    void runKernel({ connectionFile, script: __filename, packageRoot: packageRoot(), strict });
  }
}
