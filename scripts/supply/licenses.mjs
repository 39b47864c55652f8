// @ts-check
import fs from "node:fs";
import path from "node:path";

/** Licences that require only their notice. */
const permissive = new Set([
  ...["MIT", "MIT-0", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD"],
  ...["BlueOak-1.0.0", "CC0-1.0", "Unlicense", "Python-2.0", "Zlib"],
]);

/** Other accepted licences, with reasons. None of these packages is bundled in our files. */
const accepted = [
  { name: /^@img\/sharp-/, why: "libvips is LGPL: loaded as a separate library, optional" },
  { name: /^axe-core$/, why: "MPL-2.0: tests alone use it" },
  { name: /^caniuse-lite$/, why: "CC-BY-4.0: data that build tools read" },
  { name: /^rollup-plugin-dts$/, why: "LGPL-3.0: a build tool; its output is ours" },
  {
    name: /^h5wasm$/,
    why: "HDF5's own licence, of the BSD kind: an optional part that users install",
  },
  {
    name: /^zeromq$/,
    why: "MPL-2.0 for libzmq: loaded as a separate library, the kernel's part",
  },
];

/**
 * @typedef {object} InstalledPackage
 * @property {string} name
 * @property {string} license
 */

/**
 * The packages whose licence is neither permissive nor accepted.
 *
 * @param {readonly InstalledPackage[]} packages
 */
export function refusedLicenses(packages) {
  return packages.filter(
    ({ name, license }) =>
      !isPermissive(license) && !accepted.some(({ name: pattern }) => pattern.test(name)),
  );
}

/**
 * Whether an expression is permissive, or allows choosing a permissive licence.
 *
 * @param {string} expression an SPDX expression
 * @returns {boolean}
 */
function isPermissive(expression) {
  const inner = expression.replace(/^\((.*)\)$/, "$1");
  if (/ OR /.test(inner)) return inner.split(" OR ").some(isPermissive);
  return inner.split(" AND ").every((id) => permissive.has(id.trim()));
}

/**
 * All installed packages of the lock; those for other platforms are not installed.
 *
 * @param {string} root
 * @returns {InstalledPackage[]}
 */
export function installedPackages(root) {
  const lock = JSON.parse(fs.readFileSync(path.join(root, "package-lock.json"), "utf8"));
  return Object.keys(lock.packages).flatMap((place) => {
    const file = path.join(root, place, "package.json");
    if (place === "" || !fs.existsSync(file)) return [];
    const { name, license, licenses } = JSON.parse(fs.readFileSync(file, "utf8"));
    const stated = license ?? licenses?.map((/** @type {any} */ each) => each.type).join(" OR ");
    return [
      { name, license: typeof stated === "object" ? stated.type : (stated ?? "none stated") },
    ];
  });
}
