// @ts-check
// Ends .ci/run: prints one line `N passed, N failed, N skipped` from jest's JSON, and exits non-zero
// where anything failed, tests or what comes before them.
import fs from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * @typedef {{passed: number, failed: number, skipped: number}} Counts
 */

/**
 * @param {string | null} json jest's results; `null` where jest did not come to write them
 * @param {number} exitCode of the whole run
 * @returns {Counts}
 */
export function countTests(json, exitCode) {
  if (json === null) return { passed: 0, failed: 1, skipped: 0 };
  const results = JSON.parse(json);
  // A file that does not load, or a worker that dies, has no failed test of its own.
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
