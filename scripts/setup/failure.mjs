// @ts-check

/** The reason why set-up cannot continue, and what the user can do about it. */
export class SetupFailure extends Error {
  /**
   * @param {string} problem what was found, e.g. `no C++ compiler found (looked for g++, c++)`
   * @param {string} remedy one or two sentences: what to do before running it again
   * @param {string} [details] the last lines of a tool's output
   */
  constructor(problem, remedy, details) {
    super(problem);
    this.name = "SetupFailure";
    this.remedy = remedy;
    this.details = details;
  }
}

/** The disk space needed by TensorFlow, JupyterLab and the other packages. */
const room =
  "TensorFlow and JupyterLab take 2 GB (8 GB with CUDA). Make room and run set-up again.";

/**
 * The failure for an error of the operating system, or `null` if the error is our own bug.
 *
 * @param {unknown} error
 * @param {string} root the project that is set up
 */
export function systemFailure(error, root) {
  const { code, path = root } = /** @type {NodeJS.ErrnoException} */ (error ?? {});
  if (code === "ENOSPC" || code === "EDQUOT") return new SetupFailure("the disk is full", room);
  if (code === "EROFS" || code === "EACCES" || code === "EPERM") {
    return new SetupFailure(
      `${path} cannot be written (${code})`,
      `Set-up writes to .venv, .engine, node_modules and dist in ${root}. Make it writable, or copy it to a folder that is, and run set-up there.`,
    );
  }
  return null;
}

/**
 * The same for a tool's output.
 *
 * @param {string} output of npm, pip, venv or a compiler
 */
export function diskFailure(output) {
  return /No space left on device|ENOSPC|Disk quota exceeded/.test(output)
    ? new SetupFailure("the disk is full", room)
    : null;
}
