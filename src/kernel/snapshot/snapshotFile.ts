import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * V8's own arguments of a session. Node takes a snapshot only with those that it was built with.
 * A larger semi-space stays in memory whole, and serves the checker no better.
 */
export const V8_FLAGS: readonly string[] = ["--max-semi-space-size=4"];

/**
 * Whether sessions start from a snapshot under this Node. Node 22 does not start one of ours, and
 * Node 24 ends with an assertion of its own once such a process loads `net`.
 */
export function supportsSnapshot(): boolean {
  return process.version.startsWith("v20.");
}

/** Counts the changes of what a snapshot holds. */
const FORMAT = 3;

/** What a snapshot was built from; another TypeScript needs another one. */
export interface SnapshotFacts {
  readonly format: number;
  /** TypeScript's script. */
  readonly typescript: string;
  readonly version: string;
  readonly size: number;
}

/** The snapshot of this very Node, which no other can read. */
export function snapshotFile(packageRoot: string): string {
  const { version, platform, arch } = process;
  return join(packageRoot, ".engine", `kernel-${version}-${platform}-${arch}.snapshot`);
}

/** The file that says what a snapshot was built from. */
export function factsFile(snapshot: string): string {
  return `${snapshot}.json`;
}

/** What a snapshot of this TypeScript would be built from. */
export function snapshotFacts(typescript: string): SnapshotFacts {
  const manifest = join(dirname(typescript), "..", "package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string };
  return { format: FORMAT, typescript, version, size: statSync(typescript).size };
}

/**
 * The start-up snapshot of the session, or `null` where there is none of this Node and of the
 * TypeScript that is installed. Files that changed since are for the session itself to notice.
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
