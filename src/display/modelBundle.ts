import { layerOperations } from "../core/operations";
import type { CountedLayer } from "../core/operations";
import type { MimeBundle } from "./host";
import { escapeHtml } from "./html";

type Shape = readonly (number | null)[];

interface LayerLike extends CountedLayer {
  readonly name: string;
  readonly outputShape: Shape | readonly Shape[];
  readonly inboundNodes?: readonly { readonly inputShapes: readonly Shape[] }[];
  countParams(): number;
}

/** A tfjs layers model, from any copy of tfjs. */
interface ModelLike {
  readonly name: string;
  readonly layers: readonly LayerLike[];
  readonly trainableWeights: readonly { readonly shape: Shape }[];
  countParams(): number;
  predict: unknown;
}

/** One row of a model's table. */
interface LayerRow {
  readonly name: string;
  readonly type: string;
  readonly shape: string;
  readonly parameters: number;
  /** `null` if a size is undetermined. */
  readonly flop: number | null;
}

/** Whether a value is a built layers model. */
export function isModel(value: object): value is ModelLike {
  return (
    "layers" in value &&
    Array.isArray(value.layers) &&
    "countParams" in value &&
    typeof value.countParams === "function" &&
    "predict" in value &&
    "trainableWeights" in value
  );
}

function size(shape: Shape): number | null {
  return shape.every((each) => each !== null)
    ? shape.reduce((product, each) => product * each, 1)
    : null;
}

function firstShape(shape: LayerLike["outputShape"]): Shape {
  const [first] = shape;
  return Array.isArray(first) ? (first as Shape) : (shape as Shape);
}

function formatShapes(shape: LayerLike["outputShape"]): string {
  const shapes = Array.isArray(shape[0]) ? (shape as readonly Shape[]) : [shape as Shape];
  return shapes.map((each) => `[${each.map((axis) => axis ?? "?").join(", ")}]`).join(", ");
}

/** The floating-point operations of a layer for one example; `null` if a size is undetermined. */
function layerFlop(layer: LayerLike): number | null {
  if (layer.getClassName() === "InputLayer") return 0;
  const output = firstShape(layer.outputShape);
  const inputs = layer.inboundNodes?.[0]?.inputShapes ?? [];
  const isKnown = [output, ...inputs].every((shape) => size(shape.slice(1)) !== null);
  return isKnown && inputs.length > 0 ? layerOperations(layer, inputs, output) : null;
}

function modelRows(model: ModelLike): LayerRow[] {
  return model.layers.map((layer) => ({
    name: layer.name,
    type: layer.getClassName(),
    shape: formatShapes(layer.outputShape),
    parameters: layer.countParams(),
    flop: layerFlop(layer),
  }));
}

function thousands(value: number): string {
  return value.toLocaleString("en-US");
}

function gigaflop(flop: number | null): string {
  if (flop === null) return "?";
  if (flop > 0 && flop < 5e4) return "<0.0001";
  return flop === 0 ? "" : (flop / 1e9).toFixed(flop < 1e7 ? 4 : 2);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column < 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [line(header), ...rows.map(line)].join("\n");
}

const HEADER = ["Layer", "Type", "Output", "Parameters", "GFLOP"];

/** A model as a table of its layers, with parameters and floating-point operations. */
export function modelBundle(model: ModelLike): MimeBundle {
  const layers = modelRows(model);
  const known = layers.map(({ flop }) => flop);
  const total = known.includes(null)
    ? null
    : known.reduce<number>((sum, flop) => sum + (flop ?? 0), 0);
  const parameters = model.countParams();
  const trainable = model.trainableWeights.reduce((sum, { shape }) => sum + (size(shape) ?? 0), 0);
  const rows = layers.map(({ name, type, shape, parameters: count, flop }) => [
    name,
    type,
    shape,
    thousands(count),
    gigaflop(flop),
  ]);
  const summary = [
    `${model.name}: ${layers.length} layers`,
    `${thousands(parameters)} parameters (${thousands(trainable)} trainable)`,
    ...(total === null ? [] : [`${gigaflop(total) || "0"} GFLOP per example`]),
  ].join(", ");
  const cell = (text: string, column: number, tag: string): string =>
    `<${tag}${tag === "th" ? ' scope="col"' : ""} style="text-align:${column < 3 ? "left" : "right"}">${escapeHtml(text)}</${tag}>`;
  const html = `<div style="font:13px system-ui,sans-serif"><strong>${escapeHtml(summary)}</strong><details${layers.length <= 24 ? " open" : ""}><summary style="cursor:pointer">layers</summary><table style="color:inherit;font:inherit;font-variant-numeric:tabular-nums"><thead><tr>${HEADER.map((title, column) => cell(title, column, "th")).join("")}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map((text, column) => cell(text, column, "td")).join("")}</tr>`).join("")}</tbody></table></details></div>`;
  return { "text/html": html, "text/plain": `${table(HEADER, rows)}\n${summary}` };
}
