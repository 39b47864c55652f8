// dist/kernelSession.js: the process that runs the cells.
import { join } from "node:path";
import { findPackageRoot } from "../packageRoot";
import { runSession } from "./main";

runSession({
  cwd: process.cwd(),
  packageRoot: findPackageRoot(),
  strict: process.argv.includes("--strict"),
  script: __filename,
  commandReader: join(__dirname, "kernelCommands.js"),
});
