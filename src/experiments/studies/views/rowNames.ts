import type { FactorValue, Factors } from "../job";

/** What tells a row of a study from the others. */
export interface NamedRow {
  readonly title: string;
  readonly factors: Factors;
}

/** Which columns name the rows of a table. */
export interface RowNaming {
  /** Whether a column of models says anything: several are compared, or nothing else differs. */
  readonly hasModel: boolean;
  /** The factors that differ from row to row. */
  readonly factorNames: readonly string[];
  /** What all rows share, to be said once: `Residual Attention U-Net`, `augmentation none`. */
  readonly shared: readonly string[];
}

/**
 * The columns that tell the rows of a table apart. A single row keeps its model and all of its factors.
 *
 * @param factorNames in the order in which they are shown
 */
export function rowNaming(rows: readonly NamedRow[], factorNames: readonly string[]): RowNaming {
  if (rows.length < 2) return { hasModel: true, factorNames, shared: [] };
  const [first] = rows;
  const varied = variedFactors(rows, factorNames);
  const hasModel = varied.length === 0 || rows.some(({ title }) => title !== first.title);
  const differs = (name: string): boolean => valuesDiffer(rows, name);
  const fixed = factorNames.filter((name) => !differs(name) && hasValue(first, name));
  return {
    hasModel,
    factorNames: varied,
    shared: [...(hasModel ? [] : [first.title]), ...fixed.map((name) => saysFactor(first, name))],
  };
}

/** A row in a sentence: its model, and the factors in which rows differ. */
export function rowName(row: NamedRow, rows: readonly NamedRow[]): string {
  return [row.title, ...variedWords(row, rows)].join(", ");
}

/** A row in a figure of all rows: without the model where all are of one. */
export function rowLabel(row: NamedRow, rows: readonly NamedRow[]): string {
  const words = variedWords(row, rows);
  const isOneModel = rows.every(({ title }) => title === row.title);
  return [...(isOneModel && words.length > 0 ? [] : [row.title]), ...words].join(", ");
}

/** A value of a factor as a table shows it; `-` where a row has none. */
export function shownFactor(value: FactorValue | undefined): string {
  return value === undefined || value === null ? "-" : String(value);
}

function variedWords(row: NamedRow, rows: readonly NamedRow[]): string[] {
  return variedFactors(rows, Object.keys(row.factors)).map((name) => saysFactor(row, name));
}

/** The factors that differ, without those that the models' names say: part M-A of the model M-A. */
function variedFactors(rows: readonly NamedRow[], names: readonly string[]): string[] {
  return names.filter((name) => valuesDiffer(rows, name) && !isInTitles(rows, name));
}

function valuesDiffer(rows: readonly NamedRow[], name: string): boolean {
  return rows.some(({ factors }) => factors[name] !== rows[0].factors[name]);
}

function isInTitles(rows: readonly NamedRow[], name: string): boolean {
  return rows.every(({ title, factors }) => {
    const value = shownFactor(factors[name]);
    const isTaken = rows.some(
      (other) => other.title === title && other.factors[name] !== factors[name],
    );
    return !isTaken && (value === "all" || title.startsWith(value));
  });
}

const hasValue = ({ factors }: NamedRow, name: string): boolean =>
  shownFactor(factors[name]) !== "-";

const saysFactor = ({ factors }: NamedRow, name: string): string =>
  `${name} ${shownFactor(factors[name])}`;
