import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { isTfjsLoaded } from "./tfjsRecovery";

/** The toolkit's declarations that cells see without importing anything. */
export const TOOLKIT_SOURCE = `export * from "layerbook";
export * as tf from "@tensorflow/tfjs";
declare global {
  /** Asks the user for a line and waits; \`initial\` is returned if nothing is typed. */
  function prompt(message?: string, initial?: string): string | null;
}
`;

/** Packages that use TensorFlow, which must be loaded before them. */
const NEEDS_ENGINE = /^(?:layerbook|@tensorflow)(?:\/|$)/;

/** Options of {@link Toolkit}. */
export interface ToolkitOptions {
  readonly packageRoot: string;
  readonly require: (name: string) => unknown;
  /** Runs work that a stop must not interrupt, such as loading a module. */
  readonly uninterrupted: (load: () => void) => void;
  /** Throws if the user has asked the cell to stop. */
  readonly checkStop: () => void;
  /** Called with what is wrong with the installation and how to fix it. */
  readonly warn: (text: string) => void;
}

interface Loaded {
  readonly loadEngine?: () => { readonly problem: string | null };
}

/**
 * The toolkit's values. Cells know its names from the start through its declarations. It is loaded,
 * with TensorFlow, when one of them is used: this takes a second and 300 MB, which a notebook without
 * networks does not need.
 */
export class Toolkit {
  readonly #options: ToolkitOptions;
  #values: Readonly<Record<string, unknown>> | null = null;

  constructor(options: ToolkitOptions) {
    this.#options = options;
  }

  /** All its values by name; none if it cannot be loaded. */
  load(): Readonly<Record<string, unknown>> {
    if (this.#values !== null) return this.#values;
    const { packageRoot, require, uninterrupted, checkStop, warn } = this.#options;
    // Loading it calls this function again.
    this.#values = {};
    const problems: string[] = [];
    uninterrupted(() => {
      try {
        const toolkit = require("layerbook") as Loaded;
        const { problem } = toolkit.loadEngine?.() ?? { problem: null };
        if (problem !== null) problems.push(problem);
        this.#values = { ...toolkit, tf: require("@tensorflow/tfjs") };
      } catch (error) {
        problems.push(error instanceof Error ? error.message : String(error));
      }
    });
    const [problem = null] = problems;
    if (problem !== null)
      warn(`layerbook is not completely installed: ${problem}\n${doctorReport(packageRoot)}`);
    checkStop();
    return this.#values;
  }

  /** Called before a package is loaded: tfjs must not run before the native engine is registered. */
  beforePackage(name: string): void {
    if (NEEDS_ENGINE.test(name)) this.load();
  }

  /** Called after a package was loaded, which may have loaded tfjs. */
  afterPackage(): void {
    if (isTfjsLoaded()) this.load();
  }
}

/** The output of `layerbook doctor`, or why it could not run. */
function doctorReport(packageRoot: string): string {
  try {
    return execFileSync(process.execPath, [join(packageRoot, "dist", "cli.js"), "doctor"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 20_000,
    });
  } catch (error) {
    // It exits with 1 if it finds a problem.
    const { stdout } = error as { readonly stdout?: unknown };
    return typeof stdout === "string" && stdout !== ""
      ? stdout
      : "`npx layerbook doctor` could not run; `npm run setup` repairs an installation.\n";
  }
}
