import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * V8 arguments of a session. Node accepts a snapshot only with those that it was built with. A larger
 * semi-space would stay allocated and does not make the checker faster.
 */
export const V8_FLAGS: readonly string[] = ["--max-semi-space-size=4"];

/**
 * Whether sessions start from a snapshot under this Node. Node 22 cannot start from ours, and Node 24
 * fails an assertion when such a process loads `net`.
 */
export function supportsSnapshot(): boolean {
  return process.version.startsWith("v20.");
}

/** The version of the snapshot's format. */
const FORMAT = 3;

/** What a snapshot was built from; a different TypeScript needs a different one. */
export interface SnapshotFacts {
  readonly format: number;
  /** TypeScript's script. */
  readonly typescript: string;
  readonly version: string;
  readonly size: number;
}

/** The snapshot for this Node; no other can read it. */
export function snapshotFile(packageRoot: string): string {
  const { version, platform, arch } = process;
  return join(packageRoot, ".engine", `kernel-${version}-${platform}-${arch}.snapshot`);
}

/** The file that records what a snapshot was built from. */
export function factsFile(snapshot: string): string {
  return `${snapshot}.json`;
}

/** The facts of a snapshot built with this TypeScript. */
export function snapshotFacts(typescript: string): SnapshotFacts {
  const manifest = join(dirname(typescript), "..", "package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string };
  return { format: FORMAT, typescript, version, size: statSync(typescript).size };
}

/**
 * The start-up snapshot of the session, or `null` if there is none for this Node and the installed
 * TypeScript. The session itself notices files that have changed since.
 */
export function findSnapshot(packageRoot: string): string | null {
  if (!supportsSnapshot()) return null;
  const snapshot = snapshotFile(packageRoot);
  try {
    const facts = JSON.parse(readFileSync(factsFile(snapshot), "utf8")) as SnapshotFacts;
    const now = snapshotFacts(facts.typescript);
    const isSame = JSON.stringify(now) === JSON.stringify(facts);
    return isSame && existsSync(snapshot) ? snapshot : null;
  } catch {
    return null;
  }
}
