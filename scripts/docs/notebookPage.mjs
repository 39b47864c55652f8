// @ts-check

/**
 * A notebook's text and code as a documentation page.
 *
 * @param {string} name of the file
 * @param {{ metadata: { title?: string }, cells: { cell_type: string, source: string | string[] }[] }} notebook
 * @param {boolean} isRendered whether `npm run reports` has written its page with outputs
 * @returns {string} Markdown
 */
export function notebookPage(name, { metadata, cells }, isRendered) {
  const stem = name.replace(/\.ipynb$/, "");
  const title = metadata.title ?? stem;
  const outputs = isRendered
    ? `<a href="../rendered-notebooks/${stem}.html">The notebook as it ran, with its pictures</a>`
    : "Its outputs are not on this page: `npm run reports` runs the notebooks, and `npm run docs` then links the pages with outputs.";
  const body = cells.map(({ cell_type: type, source }) => {
    const text = (Array.isArray(source) ? source.join("") : source).trim();
    if (type === "code") return `\`\`\`ts\n${text}\n\`\`\``;
    // The page already has a title, so the notebook's own is removed.
    return type === "markdown" ? text.replace(/^# .*\n?/, "").trim() : "";
  });
  return (
    [`# Notebook: ${title}`, outputs, ...body.filter((part) => part !== "")].join("\n\n") + "\n"
  );
}
