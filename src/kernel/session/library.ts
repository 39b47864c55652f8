/**
 * The module that a cell's import means. `layerbook` stands for all of the toolkit's names there,
 * those of files, training and figures too: a notebook always runs in Node, so nothing is gained by
 * keeping them apart.
 */
export function moduleForCell(name: string): string {
  return name === "layerbook" ? "layerbook/notebook" : name;
}
