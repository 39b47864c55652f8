import * as tf from "@tensorflow/tfjs";
import { SetupError } from "./errors";

/** What a symbolic tensor has, whichever copy of tfjs made it; minifiers rename its class only. */
const FIELDS = ["sourceLayer", "nodeIndex", "tensorIndex"];

interface NodeProcess {
  readonly getBuiltinModule?: (name: string) => { readonly _cache?: object };
}

/** The files of tfjs' layers that Node has loaded; none in a browser, where nobody can say. */
function loadedCopies(): string[] {
  const { process } = globalThis as { readonly process?: NodeProcess };
  const cache = process?.getBuiltinModule?.("node:module")._cache ?? {};
  const folders = Object.keys(cache).flatMap(
    (file) => /^(.*[\\/]@tensorflow[\\/]tfjs(?:-layers)?)[\\/]dist[\\/]/.exec(file)?.[1] ?? [],
  );
  return [...new Set(folders)];
}

/**
 * Refuses a symbolic tensor that another copy of tfjs made. tfjs itself would say that it "must be a
 * Tensor or TensorLike, but got 'SymbolicTensor'".
 *
 * @param where the layer that was given it
 * @throws SetupError that names the copies, where Node can tell
 */
export function refuseOtherTfjs(where: string, inputs: unknown): void {
  for (const input of Array.isArray(inputs) ? (inputs as unknown[]) : [inputs]) {
    if (typeof input !== "object" || input === null) continue;
    if (input instanceof tf.SymbolicTensor || !FIELDS.every((name) => name in input)) continue;
    const copies = loadedCopies();
    throw new SetupError({
      where,
      expected: `a symbolic tensor of the tfjs that layerbook imports (${tf.version.tfjs})`,
      got: `one of another copy of tfjs${copies.length === 0 ? "" : `; loaded are ${copies.join(" and ")}`}`,
      remedy: "Keep one copy: `npm ls @tensorflow/tfjs` shows who asks for which version",
    });
  }
}
