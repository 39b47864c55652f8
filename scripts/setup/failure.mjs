// @ts-check

/** A reason why set-up cannot go on, and what the person at the keyboard can do about it. */
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
