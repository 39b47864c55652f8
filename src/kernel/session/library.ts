/**
 * The module that a cell's import resolves to. In a cell, `layerbook` includes all of the toolkit's
 * names, also those of files, training and figures: a notebook always runs in Node, so there is no
 * reason to separate them.
 */
export function moduleForCell(name: string): string {
  return name === "layerbook" ? "layerbook/notebook" : name;
}
