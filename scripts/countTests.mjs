// @ts-check
// Last step of .ci/run: prints one line `N passed, N failed, N skipped` from jest's JSON, and exits non-zero
// if anything failed, whether tests or an earlier step.
import fs from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * @typedef {{passed: number, failed: number, skipped: number}} Counts
 */

/**
 * @param {string | null} json jest's results; `null` if jest did not write any
 * @param {number} exitCode of the entire run
 * @returns {Counts}
 */
export function countTests(json, exitCode) {
  if (json === null) return { passed: 0, failed: 1, skipped: 0 };
  const results = JSON.parse(json);
  // A file that does not load, or a worker that crashes, is not counted as a failed test.
  const suites = results.numRuntimeErrorTestSuites;
  const failed = results.numFailedTests + suites;
  return {
    passed: results.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file, exitCode] = process.argv.slice(2);
  const json = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : null;
  const { passed, failed, skipped } = countTests(json, Number(exitCode));
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = Number(exitCode) === 0 && failed === 0 && passed > 0 ? 0 : 1;
}
