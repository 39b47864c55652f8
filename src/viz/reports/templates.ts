import { dirname, join } from "node:path";
import { resolvePackage } from "../../files/packages";

/** The nbconvert templates of this package, by the name under which nbconvert finds them. */
export const TEMPLATE_NAMES = ["layerbook", "layerbook-slides"] as const;

/** Where the parts of the exported pages lie. */
export interface TemplateFiles {
  /** The folder that holds one folder per template. */
  readonly templates: string;
  /** Scripts and styles that the templates include. */
  readonly included: readonly string[];
}

/**
 * Finds the templates, and the scripts that they put into pages.
 *
 * @param packageRoot the folder of layerbook's own files
 */
export function templateFiles(packageRoot: string): TemplateFiles {
  const reveal = dirname(resolvePackage("reveal.js"));
  return {
    templates: join(packageRoot, "templates"),
    included: [
      resolvePackage("plotly.js-dist-min"),
      join(reveal, "reveal.js"),
      join(reveal, "reveal.css"),
      join(packageRoot, "templates", "layerbook", "hydrate.js"),
    ],
  };
}
