import { homedir } from "node:os";
import { join } from "node:path";

/** Where the cells that ran are kept. */
export function historyFile(): string {
  const data = process.env["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share");
  return process.env["LAYERBOOK_HISTORY"] ?? join(data, "layerbook", "history.jsonl");
}

/**
 * What tells this notebook from others: its file, which Jupyter names to a kernel that it starts
 * for one, or else its folder.
 */
export function notebookName(): string {
  return process.env["JPY_SESSION_NAME"] ?? process.cwd();
}
