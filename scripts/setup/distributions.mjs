// @ts-check
import fs from "node:fs";
import path from "node:path";

/**
 * An installed Python package.
 *
 * @typedef {object} Distribution
 * @property {string} name normalized according to PEP 503
 * @property {string} version
 * @property {string} folder its .dist-info
 */

/**
 * The installed packages, read from the folder itself: asking pip takes a second.
 *
 * @param {string} sitePackages
 * @returns {Distribution[]}
 */
export function listDistributions(sitePackages) {
  if (!fs.existsSync(sitePackages)) return [];
  return fs.readdirSync(sitePackages).flatMap((entry) => {
    const match = /^(.+?)-([^-]+)\.dist-info$/.exec(entry);
    if (match === null) return [];
    const folder = path.join(sitePackages, entry);
    return [{ name: normaliseName(match[1]), version: match[2], folder }];
  });
}

/** @param {string} name */
export function normaliseName(name) {
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}

/**
 * Whether `name==version` (or any other requirement, by name only) is installed.
 *
 * @param {readonly Distribution[]} installed
 * @param {string} requirement
 */
export function isSatisfied(installed, requirement) {
  const match = /^([\w.-]+)(?:\[[^\]]*\])?(?:==([\w.]+)(\*)?)?/.exec(requirement);
  if (match === null) return false;
  const [, name, version, star] = match;
  return installed.some(
    (one) =>
      one.name === normaliseName(name) &&
      (version === undefined ||
        (star === undefined ? one.version === version : one.version.startsWith(version))),
  );
}

/**
 * Cleans up after a killed pip. pip considers a package installed if its .dist-info exists, so the
 * .dist-info of a package with missing or truncated files is deleted to have it installed again.
 *
 * @param {string} sitePackages
 * @returns {string[]} the packages that were broken
 */
export function removeBrokenPackages(sitePackages) {
  /** @type {string[]} */
  const broken = [];
  for (const { name, folder } of listDistributions(sitePackages)) {
    if (isComplete(sitePackages, folder)) continue;
    fs.rmSync(folder, { recursive: true, force: true });
    broken.push(name);
  }
  for (const entry of fs.existsSync(sitePackages) ? fs.readdirSync(sitePackages) : []) {
    // While pip replaces a package, the old one has a name that starts with ~.
    if (entry.startsWith("~")) fs.rmSync(path.join(sitePackages, entry), { recursive: true });
  }
  return broken;
}

/**
 * @param {string} sitePackages
 * @param {string} folder
 */
function isComplete(sitePackages, folder) {
  const record = path.join(folder, "RECORD");
  if (!fs.existsSync(record) || !fs.existsSync(path.join(folder, "METADATA"))) return false;
  // pip writes INSTALLER after the files and before it rewrites RECORD.
  if (!fs.existsSync(path.join(folder, "INSTALLER"))) return false;
  return fs
    .readFileSync(record, "utf8")
    .split(/\r?\n/)
    .every((line) => {
      const match = /^(?:"((?:[^"]|"")*)"|([^,]*)),[^,]*,(\d*)$/.exec(line);
      if (match === null) return line === "";
      const file = path.resolve(sitePackages, (match[1] ?? match[2]).replaceAll('""', '"'));
      const stat = fs.statSync(file, { throwIfNoEntry: false });
      return stat !== undefined && (match[3] === "" || stat.size === Number(match[3]));
    });
}
