import fs from "node:fs";
import path from "node:path";

/** Paths of layerbook and the project; see {@link findProject}. */
export interface Project {
  /** layerbook's own folder. */
  readonly packageRoot: string;
  /** The project that set-up serves: layerbook's repository, or one that depends on it. */
  readonly root: string;
  readonly isCheckout: boolean;
  /** The command that sets it up. */
  readonly setupCommand: string;
}

/** The nearest folder, from `from` upwards, that contains `entry`. */
function findUp(from: string, entry: string): string | null {
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    if (fs.existsSync(path.join(folder, entry))) return folder;
    if (folder === path.dirname(folder)) return null;
  }
}

/**
 * Finds layerbook and the project that the command was called in.
 *
 * @param here the folder of the running file, inside layerbook
 * @param cwd where the command was called
 */
export function findProject(here: string, cwd: string): Project {
  const packageRoot = fs.realpathSync(findUp(here, "environment.yml") ?? here);
  const isInstalled = packageRoot.split(path.sep).includes("node_modules");
  const root = isInstalled ? (findUp(cwd, "package.json") ?? path.resolve(cwd)) : packageRoot;
  return {
    packageRoot,
    root,
    isCheckout: !isInstalled,
    setupCommand: isInstalled ? "npx layerbook setup" : "npm run setup",
  };
}

/** The stamp of a set-up step, or `null`. Stamps are written by `scripts/setup/stamps.mjs`. */
export function readStamp(root: string, step: string): Record<string, unknown> | null {
  try {
    const text = fs.readFileSync(path.join(root, ".engine", `${step}.json`), "utf8");
    const { result } = JSON.parse(text) as { result: unknown };
    return typeof result === "object" ? (result as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}

/** The Python that set-up chose: its interpreter and the root of its environment. */
export function readPython(root: string): { executable: string; prefix: string } | null {
  const stamp = readStamp(root, "python");
  const { executable, prefix } = stamp ?? {};
  return typeof executable === "string" && typeof prefix === "string"
    ? { executable, prefix }
    : null;
}
