import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of the package that this script belongs to. */
export function findPackageRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  return folder;
}
