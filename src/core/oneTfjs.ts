import * as tf from "@tensorflow/tfjs";
import { SetupError } from "./errors";

/** Fields of a symbolic tensor, whichever copy of tfjs made it; minifiers rename only its class. */
const FIELDS = ["sourceLayer", "nodeIndex", "tensorIndex"];

interface NodeProcess {
  readonly getBuiltinModule?: {
    (name: "node:module"): { readonly _cache?: object };
    (name: "node:fs"): { readFileSync(path: string, encoding: "utf8"): string };
  };
}

/**
 * The copies of tfjs that Node has loaded, with their versions; none in a browser, where they cannot
 * be listed.
 */
function loadedCopies(): string[] {
  const { process } = globalThis as { readonly process?: NodeProcess };
  const files = Object.keys(process?.getBuiltinModule?.("node:module")._cache ?? {});
  const foldersOf = (name: string): string[] => {
    const inside = new RegExp(`^(.*[\\\\/]@tensorflow[\\\\/]${name})[\\\\/]dist[\\\\/]`);
    return [...new Set(files.flatMap((file) => inside.exec(file)?.[1] ?? []))];
  };
  const whole = foldersOf("tfjs");
  // A project may load only some of the tfjs packages.
  const folders = whole.length > 1 ? whole : foldersOf("tfjs-layers");
  return folders.map((folder) => `${versionIn(folder, process)} in ${folder}`);
}

function versionIn(folder: string, process: NodeProcess | undefined): string {
  try {
    const text = process
      ?.getBuiltinModule?.("node:fs")
      .readFileSync(`${folder}/package.json`, "utf8");
    return (JSON.parse(text ?? "") as { version: string }).version;
  } catch {
    return "one";
  }
}

/**
 * Rejects a symbolic tensor that another copy of tfjs made. tfjs itself would report that it "must be
 * a Tensor or TensorLike, but got 'SymbolicTensor'".
 *
 * @param where the layer that was given it
 * @throws SetupError that names the copies, where Node can list them
 */
export function rejectOtherTfjs(where: string, inputs: unknown): void {
  for (const input of Array.isArray(inputs) ? (inputs as unknown[]) : [inputs]) {
    if (typeof input !== "object" || input === null) continue;
    if (input instanceof tf.SymbolicTensor || !FIELDS.every((name) => name in input)) continue;
    const copies = loadedCopies();
    throw new SetupError({
      where,
      expected: `a symbolic tensor of the tfjs that layerbook imports (${tf.version.tfjs})`,
      got: `one of another copy of tfjs${copies.length === 0 ? "" : `; loaded are ${copies.join(" and ")}`}`,
      remedy: "Keep one copy: `npm ls @tensorflow/tfjs` shows which package requires which version",
    });
  }
}
