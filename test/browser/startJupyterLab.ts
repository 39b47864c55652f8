import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readPython } from "../../src/cli/doctor/project";

export const root = join(__dirname, "..", "..");
export const python = readPython(root)?.executable ?? null;
export const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
/** Why JupyterLab cannot be tested; `null` if it can. */
export const lacking = existsSync(executablePath) ? null : `no browser at ${executablePath}`;

/** Starts JupyterLab in a folder, with its settings stored there; its token is `secret`. */
export async function startJupyterLab(
  folder: string,
): Promise<{ readonly address: string; readonly process: ChildProcess }> {
  const server = spawn(
    python ?? "",
    [
      ...["-m", "jupyterlab", "--no-browser", "--port=0", "--allow-root"],
      ...["--IdentityProvider.token=secret", `--ServerApp.root_dir=${folder}`],
    ],
    {
      env: {
        ...process.env,
        JUPYTER_CONFIG_DIR: join(folder, ".config"),
        JUPYTER_RUNTIME_DIR: join(folder, ".runtime"),
        LAYERBOOK_RUNS: join(folder, "runs"),
        LAYERBOOK_HISTORY: join(folder, ".history.jsonl"),
      },
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  const address = await new Promise<string>((resolve, reject) => {
    let said = "";
    server.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      if (found !== undefined) resolve(found);
    });
    server.once("exit", () => reject(new Error(`JupyterLab ended:\n${said}`)));
  });
  return { address, process: server };
}

/** A notebook of code cells for the kernel, by their ids. */
export function notebookOf(cells: Readonly<Record<string, string>>): object {
  const kernelspec = {
    name: "layerbook",
    display_name: "TypeScript (layerbook)",
    language: "typescript",
  };
  return {
    ...{ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec } },
    cells: Object.entries(cells).map(([id, source]) => ({
      ...{ cell_type: "code", id, metadata: {}, source, outputs: [], execution_count: null },
    })),
  };
}
