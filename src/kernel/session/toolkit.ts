import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { isTfjsLoaded } from "./tfjsRecovery";

/** What cells see of the toolkit before they import anything. */
export const TOOLKIT_SOURCE = `export * from "layerbook";
export * as tf from "@tensorflow/tfjs";
declare global {
  /** Asks the user for a line and waits; \`initial\` where nothing is typed. */
  function prompt(message?: string, initial?: string): string | null;
}
`;

/** Packages that run on TensorFlow, which must be there before they are. */
const NEEDS_ENGINE = /^(?:layerbook|@tensorflow)(?:\/|$)/;

/** What {@link Toolkit} is made of. */
export interface ToolkitOptions {
  readonly packageRoot: string;
  readonly require: (name: string) => unknown;
  /** Calls what a stop must not break into: half a module is worse than none. */
  readonly uninterrupted: (load: () => void) => void;
  /** Throws where the user has asked the cell to stop. */
  readonly checkStop: () => void;
  /** Told what is wrong with the installation and how to fix it. */
  readonly warn: (text: string) => void;
}

interface Loaded {
  readonly loadEngine?: () => { readonly problem: string | null };
}

/**
 * The toolkit's values. Cells know its names from the start, by its declarations; it is loaded when
 * one of them is used, and TensorFlow with it: they take a second and 300 MB, which a notebook
 * without networks does not need.
 */
export class Toolkit {
  readonly #options: ToolkitOptions;
  #values: Readonly<Record<string, unknown>> | null = null;

  constructor(options: ToolkitOptions) {
    this.#options = options;
  }

  /** All of its values, by name; none where it cannot be loaded. */
  load(): Readonly<Record<string, unknown>> {
    if (this.#values !== null) return this.#values;
    const { packageRoot, require, uninterrupted, checkStop, warn } = this.#options;
    // Its own imports come by here too.
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
    if (problem !== null) warn(`layerbook is not whole: ${problem}\n${doctorReport(packageRoot)}`);
    checkStop();
    return this.#values;
  }

  /** Told of a package that is about to be loaded: tfjs must not run without the engine below it. */
  beforePackage(name: string): void {
    if (NEEDS_ENGINE.test(name)) this.load();
  }

  /** Told when a package has been loaded, which may have brought tfjs along. */
  afterPackage(): void {
    if (isTfjsLoaded()) this.load();
  }
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
