import fs from "node:fs";
import path from "node:path";
import * as z from "zod";
import type { Check } from "./check";
import { broken, ok } from "./check";
import type { Project } from "./project";
import { readPython } from "./project";

const kernelSpec = z.object({ argv: z.array(z.string()).min(1), display_name: z.string() });

/** Checks that Jupyter finds a kernel `layerbook` whose command can start. */
export function checkKernel({ root, setupCommand }: Project): Check {
  const remedy = `Run \`${setupCommand}\`, or \`npx layerbook kernel install --sys-prefix\`.`;
  const python = readPython(root);
  if (python === null) return broken("kernel", "not installed", remedy);
  const file = path.join(python.prefix, "share", "jupyter", "kernels", "layerbook", "kernel.json");
  if (!fs.existsSync(file)) return broken("kernel", `no ${file}`, remedy);
  const spec = kernelSpec.safeParse(readJson(file));
  if (!spec.success) return broken("kernel", `${file} cannot be read`, remedy);
  const missing = spec.data.argv.find((word) => path.isAbsolute(word) && !fs.existsSync(word));
  if (missing !== undefined)
    return broken("kernel", `it starts ${missing}, which does not exist`, remedy);
  return ok("kernel", `${spec.data.display_name} in ${python.prefix}`);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}
