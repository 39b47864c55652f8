import type * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../core/errors";
import { layerOperations } from "../core/operations";
import { formatShape } from "../core/shapes";
import { escapeHtml } from "../display/html";

/** A layer's row in {@link ModelSummary}. */
export interface SummaryRow {
  readonly name: string;
  /** The layer's class. */
  readonly type: string;
  /** Shape of the first output, with `null` for the batch. */
  readonly outputShape: readonly (number | null)[];
  readonly parameters: number;
  readonly trainableParameters: number;
  /** Of a forward pass over one image, in 10^9; a multiplication and an addition are two. */
  readonly gigaOperations: number;
}

type Shapes = tf.Shape | tf.Shape[];

const listOf = (shapes: Shapes): tf.Shape[] =>
  (Array.isArray(shapes[0]) ? shapes : [shapes]) as tf.Shape[];

const countOf = (weights: readonly tf.LayerVariable[]): number =>
  weights.reduce((total, { shape }) => total + shape.reduce<number>((n, s) => n * (s ?? 1), 1), 0);

const HEADINGS = ["layer", "type", "output", "parameters", "GFLOP"] as const;

/** Parameters and operations of a model, layer by layer; displayed as a table in a notebook. */
export class ModelSummary {
  readonly model: string;
  readonly rows: readonly SummaryRow[];

  constructor(model: string, rows: readonly SummaryRow[]) {
    this.model = model;
    this.rows = rows;
  }

  /** Numbers in all weights, trained or not. */
  get parameters(): number {
    return this.rows.reduce((total, row) => total + row.parameters, 0);
  }

  get trainableParameters(): number {
    return this.rows.reduce((total, row) => total + row.trainableParameters, 0);
  }

  /** Of a forward pass over one image, in 10^9. */
  get gigaOperations(): number {
    return this.rows.reduce((total, row) => total + row.gigaOperations, 0);
  }

  /** The table as text. */
  toString(): string {
    const cells = this.cells();
    const widths = HEADINGS.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
    const lines = cells.map((row) =>
      row
        .map((cell, column) =>
          column < 3 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
        )
        .join("  ")
        .trimEnd(),
    );
    const rule = widths.map((width) => "─".repeat(width)).join("  ");
    return [lines[0], rule, ...lines.slice(1, -1), rule, lines.at(-1)].join("\n");
  }

  [Symbol.for("Jupyter.display")](): Record<string, string> {
    const [head, ...rows] = this.cells();
    const row = (cells: readonly string[], tag: string): string =>
      `<tr>${cells
        .map(
          (cell, column) =>
            `<${tag} style="text-align:${column < 3 ? "left" : "right"}">${escapeHtml(cell)}</${tag}>`,
        )
        .join("")}</tr>`;
    const body = rows.map((cells) => row(cells, "td")).join("");
    const html = `<table><thead>${row(head, "th")}</thead><tbody>${body}</tbody></table>`;
    return { "text/html": html, "text/plain": this.toString() };
  }

  private cells(): string[][] {
    const count = (value: number): string => value.toLocaleString("en");
    const work = (value: number): string => value.toFixed(3);
    return [
      [...HEADINGS],
      ...this.rows.map((row) => [
        row.name,
        row.type,
        formatShape(row.outputShape),
        count(row.parameters),
        work(row.gigaOperations),
      ]),
      [this.model, "", "", count(this.parameters), work(this.gigaOperations)],
    ];
  }
}

/**
 * Counts a model's parameters and floating-point operations, layer by layer.
 *
 * Operations are those of a forward pass over one image; a multiplication and an addition are two
 * (papers that count multiply-adds have half). Normalisations, activations and pooling count one to
 * three per value.
 *
 * @param model with one input
 * @param inputShape without the batch, for a model that leaves its size open
 * @throws ConfigError when the size is open and not given
 * @example
 * const model = unet({ inputShape: [32, 32, 1], numClasses: 3, filters: 4, depth: 1 });
 * summarizeModel(model).parameters; // 1747
 */
export function summarizeModel(
  model: tf.LayersModel,
  inputShape?: readonly number[],
): ModelSummary {
  const declared = model.inputs[0].shape.slice(1);
  const size = inputShape ?? declared;
  if (size.length !== declared.length || size.some((length) => length === null)) {
    throw new ConfigError({
      where: `summarizeModel("${model.name}").inputShape`,
      expected: `sizes for ${formatShape(declared)}`,
      got: formatShape(size),
    });
  }
  const outputs = new Map<tf.layers.Layer, tf.Shape[]>();
  const rows = model.layers.map((layer): SummaryRow => {
    const { inboundLayers, tensorIndices } = layer.inboundNodes[0];
    const inputs = inboundLayers.map(
      (source, index) => (outputs.get(source) as tf.Shape[])[tensorIndices[index]],
    );
    const isInput = inputs.length === 0;
    const shapes = isInput
      ? [[null, ...size] as tf.Shape]
      : listOf(layer.computeOutputShape(inputs.length === 1 ? inputs[0] : inputs));
    outputs.set(layer, shapes);
    return {
      name: layer.name,
      type: layer.getClassName(),
      outputShape: shapes[0],
      parameters: countOf(layer.weights),
      trainableParameters: countOf(layer.trainableWeights),
      gigaOperations: isInput ? 0 : layerOperations(layer, inputs, shapes[0]) / 1e9,
    };
  });
  return new ModelSummary(model.name, rows);
}
