import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";

/** Errors of `require` for packages that `import()` may load. */
const IMPORT_ONLY = new Set([
  "ERR_REQUIRE_ASYNC_MODULE",
  "ERR_REQUIRE_ESM",
  "ERR_PACKAGE_PATH_NOT_EXPORTED",
]);

/** Node's error code. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

/** Whether `require` failed on a package that `import()` may load. */
export function isImportOnly(error: unknown): boolean {
  return IMPORT_ONLY.has(errorCode(error) ?? "");
}

/** The file that `import` would load, or `null`; Node has no public function that resolves for another file. */
export function resolveImport(name: string, parent: string): string | null {
  const require = createRequire(parent);
  try {
    return toUrl(require.resolve(name));
  } catch (error) {
    if (errorCode(error) !== "ERR_PACKAGE_PATH_NOT_EXPORTED") return null;
  }
  return importOnlyEntry(name, require);
}

function toUrl(path: string): string {
  return isAbsolute(path) ? pathToFileURL(path).href : path;
}

type Conditions = string | null | { readonly [condition: string]: Conditions };

function pickImport(target: Conditions): string | null {
  if (typeof target === "string" || target === null) return target;
  for (const condition of ["node", "import", "module-sync", "default"]) {
    const picked = condition in target ? pickImport(target[condition] ?? null) : null;
    if (picked !== null) return picked;
  }
  return null;
}

/** The entry of a package that only exports an `import` condition. */
function importOnlyEntry(name: string, require: NodeJS.Require): string | null {
  const [, packageName = name, subpath = ""] = /^((?:@[^/]+\/)?[^/]+)(\/.*)?$/.exec(name) ?? [];
  for (const folder of require.resolve.paths(packageName) ?? []) {
    const root = join(folder, packageName);
    let manifest: { readonly exports?: Conditions };
    try {
      manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as typeof manifest;
    } catch {
      continue;
    }
    const { exports = null } = manifest;
    const key = `.${subpath}`;
    const target =
      typeof exports === "object" && exports !== null && key in exports
        ? (exports[key] ?? null)
        : subpath === ""
          ? exports
          : null;
    const entry = pickImport(target);
    return entry === null ? null : pathToFileURL(join(root, entry)).href;
  }
  return null;
}
