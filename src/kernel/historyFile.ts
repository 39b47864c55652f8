import { homedir } from "node:os";
import { join } from "node:path";

/** The file that stores the execution history. */
export function historyFile(): string {
  const data = process.env["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share");
  return process.env["LAYERBOOK_HISTORY"] ?? join(data, "layerbook", "history.jsonl");
}

/**
 * Identifies this notebook: its file, which Jupyter passes to the kernels it starts, or else its
 * folder.
 */
export function notebookName(): string {
  return process.env["JPY_SESSION_NAME"] ?? process.cwd();
}
