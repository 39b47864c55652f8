// @ts-check
// If the registry in use does not have packages for other platforms, npm leaves them out of
// package-lock.json, and `npm ci` then rejects the lock as out of sync. This adds them back, with the
// platform derived from their names, so that the lock works on every machine. Run it after `npm install`.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {{version?: string, optional?: boolean, dev?: boolean, os?: string[], cpu?: string[],
 *   libc?: string[], optionalDependencies?: Record<string, string>}} LockEntry
 */

const systems = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const processors = [
  "arm",
  "arm64",
  "ia32",
  "loong64",
  "mips64el",
  "ppc64",
  "riscv64",
  "s390x",
  "x64",
];

/**
 * The platform that a name such as `@rollup/rollup-linux-x64-musl` stands for.
 *
 * @param {string} name
 * @returns {Pick<LockEntry, "os" | "cpu" | "libc"> | null} `null` if the name does not contain a platform
 */
export function platformOf(name) {
  const words = name.split(/[-/]/);
  const os = words.find((word) => systems.includes(word));
  const cpu = words.find((word) => processors.includes(word));
  if (os === undefined || cpu === undefined) return null;
  const libc =
    os !== "linux" ? null : /musl/.test(name) ? "musl" : /gnu/.test(name) ? "glibc" : null;
  return { cpu: [cpu], os: [os], ...(libc === null ? {} : { libc: [libc] }) };
}

/**
 * Optional dependencies of entries that are missing from the lock.
 *
 * @param {Record<string, LockEntry>} packages
 * @returns {{place: string, entry: LockEntry}[]}
 */
export function missingOptional(packages) {
  return Object.entries(packages).flatMap(([from, { dev, optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies).flatMap(([name, version]) => {
      if (resolves(packages, from, name)) return [];
      const platform = platformOf(name);
      // Only a nested copy of the dependent package has nested platform packages.
      const above = from.lastIndexOf("/node_modules/");
      const place = `${above === -1 ? "" : `${from.slice(0, above)}/`}node_modules/${name}`;
      const entry = { version, ...(dev ? { dev } : {}), ...platform, optional: true };
      return platform === null ? [] : [{ place, entry }];
    }),
  );
}

/**
 * @param {Record<string, LockEntry>} packages
 * @param {string} from
 * @param {string} name
 */
function resolves(packages, from, name) {
  for (let place = from; ;) {
    if (`${place === "" ? "" : `${place}/`}node_modules/${name}` in packages) return true;
    if (place === "") return false;
    const above = place.lastIndexOf("/node_modules/");
    place = above === -1 ? "" : place.slice(0, above);
  }
}

/** @param {string} file */
export function completeLock(file) {
  const lock = JSON.parse(fs.readFileSync(file, "utf8"));
  const missing = missingOptional(lock.packages);
  for (const { place, entry } of missing) lock.packages[place] ??= entry;
  const root = lock.packages[""];
  delete lock.packages[""];
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en"));
  lock.packages = { "": root, ...Object.fromEntries(sorted) };
  fs.writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  return missing.map(({ place }) => place);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
  for (const place of completeLock(path.join(root, "package-lock.json"))) console.log(`+ ${place}`);
}
