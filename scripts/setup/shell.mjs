// @ts-check
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { clearInterval, setInterval } from "node:timers";
import { stripVTControlCharacters } from "node:util";

/**
 * Runs a short command and returns its output.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnSyncOptions} [options]
 * @returns {{ok: boolean, stdout: string, stderr: string}} `ok` is also false if it cannot be started
 */
export function probe(command, args, options = {}) {
  const child = spawnSync(command, args, { timeout: 60_000, ...options, encoding: "utf8" });
  return {
    ok: child.status === 0,
    stdout: (child.stdout ?? "").trim(),
    stderr: (child.stderr ?? child.error?.message ?? "").trim(),
  };
}

/**
 * The path of a command.
 *
 * @param {string} command
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | null}
 */
export function which(command, env) {
  if (command.includes("/")) return isExecutable(command) ? command : null;
  for (const folder of (env.PATH ?? "").split(path.delimiter)) {
    const file = path.join(folder || ".", command);
    if (isExecutable(file)) return file;
  }
  return null;
}

/** @param {string} file */
function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs a long command: its output goes to a log, and a progress line is printed from time to time.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} options
 * @param {string} options.cwd
 * @param {NodeJS.ProcessEnv} options.env
 * @param {string} options.log the file for its output
 * @param {(line: string) => void} options.say
 * @param {(pid: number | undefined) => void} options.onChild called when it starts and ends
 * @param {number} [options.everySeconds] between progress lines
 * @returns {Promise<{ok: boolean, output: string}>}
 */
export function runLogged(command, args, options) {
  const { cwd, env, log, say, onChild, everySeconds = 15 } = options;
  fs.mkdirSync(path.dirname(log), { recursive: true });
  const file = fs.openSync(log, "w");
  fs.writeSync(file, `$ ${[command, ...args].join(" ")}\n`);
  let output = "";
  const started = Date.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    /**
     * A full disk throws in an event handler, where the error would not be caught.
     *
     * @param {() => void} action
     */
    const guarded = (action) => {
      try {
        action();
      } catch (error) {
        clearInterval(timer);
        child.kill();
        reject(error);
      }
    };
    const timer = setInterval(() => {
      const seconds = Math.round((Date.now() - started) / 1000);
      say(`  … ${seconds} s${lastLine(output) === "" ? "" : `: ${lastLine(output)}`}`);
    }, everySeconds * 1000);
    guarded(() => onChild(child.pid));
    /** @param {Buffer} chunk */
    const take = (chunk) => {
      output += stripVTControlCharacters(chunk.toString("utf8"));
      guarded(() => fs.writeSync(file, chunk));
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    /** @param {boolean} ok */
    const finish = (ok) => {
      clearInterval(timer);
      fs.closeSync(file);
      guarded(() => {
        onChild(undefined);
        resolve({ ok, output });
      });
    };
    let ended = false;
    child.on("error", (error) => {
      if (ended) return;
      ended = true;
      output += error.message;
      finish(false);
    });
    child.on("close", (code) => {
      if (ended) return;
      ended = true;
      finish(code === 0);
    });
  });
}

/** @param {string} text */
function lastLine(text) {
  const line = text.trimEnd().split("\n").at(-1)?.trim() ?? "";
  return line.length > 90 ? `${line.slice(0, 89)}…` : line;
}

/**
 * The end of a tool's output, for a message.
 *
 * @param {string} text
 * @param {number} [lines]
 */
export function tail(text, lines = 12) {
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}

/**
 * The first lines that mention errors, each with the lines after it; the last lines if none does.
 *
 * @param {string} text
 * @param {number} [lines]
 */
export function errorLines(text, lines = 12) {
  const rows = text.split("\n");
  const first = rows.findIndex((row) => /\berr(or)?\b/i.test(row));
  return first === -1
    ? tail(text, lines)
    : rows
        .slice(first, first + lines)
        .join("\n")
        .trimEnd();
}

/**
 * Whether a tool's output says that the network could not be reached.
 *
 * @param {string} output of pip or npm
 */
export function looksOffline(output) {
  return /Temporary failure in name resolution|Name or service not known|nodename nor servname|Failed to resolve|NewConnectionError|ConnectTimeoutError|Network is unreachable|Connection refused|ProxyError|Max retries exceeded|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|ECONNRESET|network connectivity/i.test(
    output,
  );
}
