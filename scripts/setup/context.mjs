// @ts-check
import path from "node:path";
import { errorLines, runLogged, tail } from "./shell.mjs";

/**
 * Passed to every step.
 *
 * @typedef {object} Context
 * @property {string} root the project that is set up
 * @property {string} packageRoot where layerbook itself is
 * @property {boolean} isCheckout whether the project is layerbook's own repository
 * @property {NodeJS.ProcessEnv} env
 * @property {import("./environment.mjs").PythonEnvironment} environment
 * @property {string} engineFolder for the addon, stamps and logs; not deleted with node_modules
 * @property {Record<string, any>} results the results of earlier steps, by name
 * @property {(line: string) => void} say
 * @property {(name: string, command: string, args: readonly string[], extra?: NodeJS.ProcessEnv) => Promise<RunReport>} runLogged
 */

/**
 * @typedef {object} RunReport
 * @property {boolean} ok
 * @property {string} output
 * @property {string} tail its last lines
 * @property {string} errors the lines that mention errors, or the last ones if none does
 * @property {string} log the file that contains it
 */

/**
 * A step of set-up. It runs if its inputs have changed since its last success, or if its result is no
 * longer complete.
 *
 * @template R
 * @typedef {object} Step
 * @property {string} name of its stamp
 * @property {string} title
 * @property {(context: Context) => unknown} inputs any JSON value
 * @property {(context: Context, result: R) => boolean} isWhole
 * @property {(context: Context) => Promise<R>} run
 * @property {(result: R) => string} [describe] a few words for the step's last line
 */

/**
 * @param {Pick<Context, "root" | "packageRoot" | "env" | "environment" | "say">} given
 * @param {(pid: number | undefined) => void} onChild
 * @returns {Context}
 */
export function createContext(given, onChild) {
  const { root, packageRoot, env, say } = given;
  const engineFolder = path.join(root, ".engine");
  return {
    ...given,
    isCheckout: root === packageRoot,
    engineFolder,
    results: {},
    async runLogged(name, command, args, extra = {}) {
      const log = path.join(engineFolder, "logs", `${name}.log`);
      const { ok, output } = await runLogged(command, args, {
        cwd: root,
        env: { ...env, ...extra },
        log,
        say,
        onChild,
      });
      return {
        ok,
        output,
        tail: tail(output),
        errors: errorLines(output),
        log: path.relative(root, log),
      };
    },
  };
}
