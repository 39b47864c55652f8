import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { hasInspector } from "./hasInspector";
import { historyFile, notebookName } from "./historyFile";
import { History } from "./protocol/history";
import { connectionSchema } from "./protocol/requests";
import { KernelServer } from "./protocol/server";
import type { SessionProcess } from "./protocol/sessionProcess";
import { bindSockets } from "./protocol/transport";
import { PROTOCOL_VERSION } from "./protocol/wire";

/** How Jupyter starts a kernel. */
export interface KernelOptions {
  readonly connectionFile: string;
  /** Runs the cells. */
  readonly backend: SessionProcess;
  readonly packageRoot: string;
}

/** How often the kernel checks whether its parent process is still running. */
const ORPHAN_CHECK_MS = 1000;

function versionOf(packageRoot: string, name?: string): string {
  const require = createRequire(join(packageRoot, "package.json"));
  const file = name === undefined ? join(packageRoot, "package.json") : `${name}/package.json`;
  return (require(file) as { readonly version: string }).version;
}

/** The reply to `kernel_info_request`. */
export function kernelInfo(packageRoot: string): Readonly<Record<string, unknown>> {
  const version = versionOf(packageRoot);
  const typescript = versionOf(packageRoot, "typescript");
  return {
    protocol_version: PROTOCOL_VERSION,
    implementation: "layerbook",
    implementation_version: version,
    language_info: {
      name: "typescript",
      version: typescript,
      mimetype: "text/typescript",
      file_extension: ".ts",
      pygments_lexer: "typescript",
      codemirror_mode: { name: "javascript", typescript: true, mode: "typescript" },
      nbconvert_exporter: "script",
    },
    banner: `layerbook ${version}: TypeScript ${typescript} on Node ${process.version}`,
    debugger: hasInspector(),
    supported_features: hasInspector() ? ["debugger"] : [],
    help_links: [
      { text: "TypeScript", url: "https://www.typescriptlang.org/docs/" },
      { text: "TensorFlow.js", url: "https://js.tensorflow.org/api/latest/" },
    ],
  };
}

/** Serves one notebook until it is shut down. */
export async function runKernel(options: KernelOptions): Promise<void> {
  const { connectionFile, backend, packageRoot } = options;
  const connection = connectionSchema.parse(JSON.parse(readFileSync(connectionFile, "utf8")));
  const transport = await bindSockets(connection);
  let isEnding = false;
  const end = async (): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    await Promise.all([backend.close(), transport.close()]);
    process.exit(0);
  };
  const server = new KernelServer({
    transport,
    backend,
    history: new History(historyFile(), notebookName()),
    info: kernelInfo(packageRoot),
    onShutdown: () => void end(),
  });
  process.on("SIGTERM", () => void end());
  // Interrupts arrive as messages; a SIGINT comes from the terminal and is meant for the parent.
  process.on("SIGINT", () => undefined);
  if (process.env["JPY_PARENT_PID"] !== undefined) {
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) void end();
    }, ORPHAN_CHECK_MS).unref();
  }
  server.start();
}
