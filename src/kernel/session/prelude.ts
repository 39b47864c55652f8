import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { NotebookSession } from "./NotebookSession";

const SOURCE = `export * from "layerbook";
export * as tf from "@tensorflow/tfjs";
declare global {
  /** Asks the user for a line and waits; \`initial\` where nothing is typed. */
  function prompt(message?: string, initial?: string): string | null;
}
`;

interface Toolkit {
  readonly loadEngine?: () => { readonly problem: string | null };
}

/** What `layerbook doctor` says, or why it cannot say anything. */
function doctorReport(packageRoot: string): string {
  try {
    return execFileSync(process.execPath, [join(packageRoot, "dist", "cli.js"), "doctor"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 20_000,
    });
  } catch (error) {
    // It exits with 1 where it has found something.
    const { stdout } = error as { readonly stdout?: unknown };
    return typeof stdout === "string" && stdout !== ""
      ? stdout
      : "`npx layerbook doctor` could not run; `npm run setup` repairs an installation.\n";
  }
}

/**
 * Imports the toolkit, so that its names are there in the first cell, typed.
 *
 * @returns what is wrong with the installation and how to fix it, or `null`
 */
export function loadPrelude(session: NotebookSession, packageRoot: string): string | null {
  let problem: string | null = null;
  try {
    session.provide(SOURCE, (require) => {
      const toolkit = require("layerbook") as Toolkit;
      problem = toolkit.loadEngine?.().problem ?? null;
      return { ...toolkit, tf: require("@tensorflow/tfjs") };
    });
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  if (problem === null) return null;
  return `layerbook is not whole: ${problem}\n${doctorReport(packageRoot)}`;
}
