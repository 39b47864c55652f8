import type { FactorValue, Factors } from "../job";

/** What distinguishes a row of a study from the others. */
export interface NamedRow {
  readonly title: string;
  readonly factors: Factors;
}

/** Which columns name the rows of a table. */
export interface RowNaming {
  /** Whether there is a column of models: several are compared, or nothing else differs. */
  readonly hasModel: boolean;
  /** The factors that differ between rows. */
  readonly factorNames: readonly string[];
  /** What all rows have in common: `Residual Attention U-Net`, `augmentation none`. */
  readonly shared: readonly string[];
}

/**
 * The columns that distinguish the rows of a table. A single row keeps its model and all of its factors.
 *
 * @param factorNames the factors in display order
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

/** The name of a row in a sentence: its model and the factors that differ between rows. */
export function rowName(row: NamedRow, rows: readonly NamedRow[]): string {
  return [row.title, ...variedWords(row, rows)].join(", ");
}

/** The name of a row in a figure of all rows, without the model if all rows have the same one. */
export function rowLabel(row: NamedRow, rows: readonly NamedRow[]): string {
  const words = variedWords(row, rows);
  const isOneModel = rows.every(({ title }) => title === row.title);
  return [...(isOneModel && words.length > 0 ? [] : [row.title]), ...words].join(", ");
}

/** The value of a factor for display; `-` if a row has none. */
export function shownFactor(value: FactorValue | undefined): string {
  return value === undefined || value === null ? "-" : String(value);
}

function variedWords(row: NamedRow, rows: readonly NamedRow[]): string[] {
  return variedFactors(rows, Object.keys(row.factors)).map((name) => saysFactor(row, name));
}

/** The factors that differ, without those that are part of the models' names, such as part M-A of model M-A. */
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
