// @ts-check
import fs from "node:fs";
import path from "node:path";

/**
 * The recorded benchmarks as a page, each table with the command that reproduces it.
 *
 * @param {string} results the folder of bench/results
 * @returns {string} Markdown
 */
export function figuresPage(results) {
  const files = fs.readdirSync(results).filter((name) => name.endsWith(".json"));
  const sections = files.flatMap((file) => {
    const record = JSON.parse(fs.readFileSync(path.join(results, file), "utf8"));
    const name = file.replace(/\.json$/, "");
    const rows = Array.isArray(record.rows) ? record.rows : Array.isArray(record) ? record : [];
    const table = tableOf(rows);
    if (table === "") return [];
    const machine = typeof record.machine === "string" ? record.machine.replaceAll("\n", " ") : "";
    const taken = [machine, record.commit === undefined ? "" : `commit ${record.commit}`];
    return [
      `## ${name}`,
      `\`npm run bench -- ${name}\``,
      taken.filter((part) => part !== "").join(", "),
      table,
    ];
  });
  return (
    [
      "# Figures",
      "Every recorded benchmark in `bench/results/`, with the command that reproduces it. Method: `bench/README.md`. Accuracy on real slices: [accuracy](accuracy.md).",
      ...sections.filter((part) => part !== ""),
    ].join("\n\n") + "\n"
  );
}

/** @param {readonly Record<string, unknown>[]} rows */
function tableOf(rows) {
  const plain = (/** @type {unknown} */ value) => ["string", "number"].includes(typeof value);
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((column) =>
    rows.some((row) => plain(row[column])),
  );
  if (rows.length === 0 || columns.length === 0) return "";
  const cell = (/** @type {unknown} */ value) =>
    typeof value === "number"
      ? String(Number(value.toPrecision(4)))
      : plain(value)
        ? String(value).replaceAll("|", "\\|").replaceAll("<", "&lt;")
        : "";
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(" | ")} |`;
  return [
    line(columns),
    line(columns.map(() => "---")),
    ...rows.map((row) => line(columns.map((column) => cell(row[column])))),
  ].join("\n");
}
