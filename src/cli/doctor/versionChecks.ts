import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { requirePackage } from "../../files/packages";
import type { Check } from "./check";
import { broken, note, ok } from "./check";
import type { Project } from "./project";

const packages = ["@tensorflow/tfjs", "@tensorflow/tfjs-node-gpu", "tslab"];
const oldestNode = 20;
const newestTestedNode = 24;

/** The versions that belong in a bug report. */
export function checkVersions({ packageRoot, root, setupCommand }: Project): Check[] {
  const own = JSON.parse(fs.readFileSync(path.join(packageRoot, "package.json"), "utf8")) as {
    version: string;
  };
  return [
    ok("layerbook", own.version),
    checkNode(process.versions.node),
    checkPlatform(process.platform, process.arch),
    ...checkOneTfjs(packageRoot, root),
    ...packages.map((name) => {
      const version = installedVersion(name);
      return version === null
        ? broken(name, "not installed", `Run \`${setupCommand}\`.`)
        : ok(name, version);
    }),
  ];
}

/** Checks for a second copy of tfjs: two copies do not recognise each other's layers and tensors. */
export function checkOneTfjs(packageRoot: string, root: string): Check[] {
  const copies = [packageRoot, root].flatMap((folder) => {
    try {
      const require = createRequire(path.join(folder, "package.json"));
      return [fs.realpathSync(require.resolve("@tensorflow/tfjs/package.json"))];
    } catch {
      return []; // not installed, which has a separate check
    }
  });
  if (new Set(copies).size < 2) return [];
  const found = copies
    .map((file) => {
      const { version } = JSON.parse(fs.readFileSync(file, "utf8")) as { version: string };
      return `${version} in ${path.dirname(file)}`;
    })
    .join(" and ");
  return [broken("tfjs, once", found, "Keep one copy: `npm ls @tensorflow/tfjs`.")];
}

/** @param version e.g. `24.1.0` */
export function checkNode(version: string): Check {
  const major = Number(version.split(".")[0]);
  if (major < oldestNode) {
    return broken("Node", version, `Install Node ${oldestNode}, 22 or ${newestTestedNode}.`);
  }
  if (major > newestTestedNode) {
    return note("Node", version, `Node ${oldestNode}, 22 and ${newestTestedNode} are tested.`);
  }
  return ok("Node", version);
}

/** Whether layerbook is tested on this kind of machine. */
export function checkPlatform(platform: string, arch: string): Check {
  const kind = `${platform} ${arch}`;
  if (kind === "linux x64") return ok("platform", kind);
  if (kind === "linux arm64" || kind === "darwin arm64") {
    return note("platform", kind, "Supported but not tested; only linux x64 is tested.");
  }
  return broken("platform", kind, "Use Linux, macOS on Apple silicon, or Windows through WSL.");
}

function installedVersion(name: string): string | null {
  try {
    const { version } = requirePackage(`${name}/package.json`) as { version: string };
    return version;
  } catch {
    return null;
  }
}
