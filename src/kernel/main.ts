// dist/kernel.js: the process that a frontend starts; it implements Jupyter's protocol.
import { SessionProcess, sessionCommand } from "./protocol/sessionProcess";
import { findPackageRoot } from "./packageRoot";
import { findSnapshot } from "./snapshot/snapshotFile";

const args = process.argv.slice(2);
const [connectionFile] = args.filter((arg) => !arg.startsWith("--"));
if (connectionFile === undefined) {
  process.stderr.write("usage: kernel.js [--strict] CONNECTION_FILE\n");
  process.exitCode = 2;
} else {
  // Start the session before loading this process's own modules: the session takes longer to start.
  const packageRoot = findPackageRoot();
  const backend = new SessionProcess(
    sessionCommand({
      folder: __dirname,
      strict: args.includes("--strict"),
      snapshot: findSnapshot(packageRoot),
    }),
  );
  void import("./runKernel").then(({ runKernel }) =>
    runKernel({ connectionFile, backend, packageRoot }),
  );
}
