import { dirname, join } from "node:path";
import { resolvePackage } from "../../files/packages";

/** The names of this package's nbconvert templates. */
export const TEMPLATE_NAMES = ["layerbook", "layerbook-slides"] as const;

/** The paths of the parts of exported pages. */
export interface TemplateFiles {
  /** The folder that contains one folder per template. */
  readonly templates: string;
  /** Scripts and styles that the templates include. */
  readonly included: readonly string[];
  readonly plotly: string;
  /** The script that makes charts interactive. */
  readonly hydrate: string;
  /** Colours of static pictures for light and dark pages. */
  readonly figuresCss: string;
}

/**
 * Finds the templates and the scripts that they embed in pages.
 *
 * @param packageRoot the folder of layerbook's own files
 */
export function templateFiles(packageRoot: string): TemplateFiles {
  const reveal = dirname(resolvePackage("reveal.js"));
  const templates = join(packageRoot, "templates");
  const plotly = resolvePackage("plotly.js-dist-min");
  const hydrate = join(templates, "layerbook", "hydrate.js");
  const figuresCss = join(templates, "layerbook", "figures.css");
  const included = [
    plotly,
    join(reveal, "reveal.js"),
    join(reveal, "reveal.css"),
    hydrate,
    figuresCss,
  ];
  return { templates, included, plotly, hydrate, figuresCss };
}
