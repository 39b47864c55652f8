import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { writeWholeSync } from "../../files/writeWhole";
import { TEMPLATE_NAMES, templateFiles } from "./templates";

/**
 * Installs the nbconvert templates where Jupyter looks for them, so that
 * `jupyter nbconvert --to html --template layerbook NOTEBOOK` works in any folder.
 *
 * @param jupyterData Jupyter's data folder, e.g. `.venv/share/jupyter`
 * @returns the folders of the templates
 */
export function installTemplates(packageRoot: string, jupyterData: string): string[] {
  const { templates, included } = templateFiles(packageRoot);
  return TEMPLATE_NAMES.map((name) => {
    const folder = join(jupyterData, "nbconvert", "templates", name);
    mkdirSync(folder, { recursive: true });
    cpSync(join(templates, name), folder, { recursive: true });
    for (const file of included) writeWholeSync(join(folder, basename(file)), readFileSync(file));
    return folder;
  });
}
