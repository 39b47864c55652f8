// @ts-check
import path from "node:path";
import { errorLines, runLogged, tail } from "./shell.mjs";

/**
 * What every step is given.
 *
 * @typedef {object} Context
 * @property {string} root the project that is set up
 * @property {string} packageRoot where layerbook itself is
 * @property {boolean} isCheckout whether the project is layerbook's own repository
 * @property {NodeJS.ProcessEnv} env
 * @property {import("./environment.mjs").PythonEnvironment} environment
 * @property {string} engineFolder for the addon, stamps and logs; outlives node_modules
 * @property {Record<string, any>} results what the steps before left, by their names
 * @property {(line: string) => void} say
 * @property {(name: string, command: string, args: readonly string[], extra?: NodeJS.ProcessEnv) => Promise<RunReport>} runLogged
 */

/**
 * @typedef {object} RunReport
 * @property {boolean} ok
 * @property {string} output
 * @property {string} tail the last lines of it
 * @property {string} errors the lines that speak of errors, or the last ones where none does
 * @property {string} log the file that holds it
 */

/**
 * A step of set-up. It runs where its inputs differ from those of its last success, or where what
 * it left is no longer whole.
 *
 * @template R
 * @typedef {object} Step
 * @property {string} name of its stamp
 * @property {string} title
 * @property {(context: Context) => unknown} inputs anything that JSON can hold
 * @property {(context: Context, result: R) => boolean} isWhole
 * @property {(context: Context) => Promise<R>} run
 * @property {(result: R) => string} [describe] a few words for the line that closes it
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
