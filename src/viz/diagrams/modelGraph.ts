import { ConfigError } from "../../core/errors";
import { escapeHtml } from "../../display/html";
import { Figure } from "../Figure";
import { modelTitle } from "../names";
import { FONT, LIGHT, px, svgText, tag, textWidth } from "../svg/markup";
import { modelBlocks } from "./modelBlocks";
import type { ModelBlock, SymbolicLike } from "./modelBlocks";
import { placeBlocks } from "./placeBlocks";

/** The fields of a layers model that are drawn; any tfjs layers model fits. */
export interface GraphedModel {
  readonly name: string;
  readonly outputs: readonly SymbolicLike[];
  countParams(): number;
}

const FONT_SIZE = 11;
const LINE = 14;
const PADDING = 7;
const GAP_X = 26;
const GAP_Y = 30;
const MARGIN = 16;
const TITLE = 34;
/** The most lines of layers in a box; the rest is only counted. */
const MAX_LAYERS = 6;

const count = (value: number): string => value.toLocaleString("en-US");

/** The text of a block's box. */
function linesOf({ layers, shape, parameters }: ModelBlock): string[] {
  const shown = layers.slice(0, layers.length > MAX_LAYERS ? MAX_LAYERS - 1 : MAX_LAYERS);
  const rest = layers.slice(shown.length).reduce((sum, [, times]) => sum + times, 0);
  return [
    ...shown.map(([type, times]) => (times > 1 ? `${type} ×${times}` : type)),
    ...(rest > 0 ? [`and ${rest} more layers`] : []),
    shape
      .slice(1)
      .map((size) => size ?? "?")
      .join(" × "),
    ...(parameters > 0 ? [`${count(parameters)} parameters`] : []),
  ];
}

interface Box {
  readonly lines: readonly string[];
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function layOut(blocks: readonly ModelBlock[]): { boxes: Box[]; width: number; height: number } {
  const places = placeBlocks(blocks);
  const texts = blocks.map(linesOf);
  const along = (axis: "column" | "row", sizes: readonly number[], gap: number): number[] => {
    const total = Math.max(...places.map((place) => place[axis])) + 1;
    const starts = [0];
    for (let i = 0; i < total; i++) {
      const widest = Math.max(0, ...sizes.filter((_, index) => places[index][axis] === i));
      starts.push(starts[i] + widest + gap);
    }
    return starts;
  };
  const widths = texts.map(
    (lines) => Math.max(...lines.map((line) => textWidth(line, FONT_SIZE))) + 2 * PADDING,
  );
  const heights = texts.map((lines) => lines.length * LINE + 2 * PADDING);
  const xs = along("column", widths, GAP_X);
  const ys = along("row", heights, GAP_Y);
  const boxes = texts.map((lines, index) => {
    const { column, row } = places[index];
    return {
      lines,
      x: MARGIN + xs[column],
      y: MARGIN + TITLE + ys[row],
      width: widths[index],
      height: heights[index],
    };
  });
  return {
    boxes,
    width: 2 * MARGIN + (xs.at(-1) ?? 0) - GAP_X,
    height: 2 * MARGIN + TITLE + (ys.at(-1) ?? 0) - GAP_Y,
  };
}

/** An arrow between two boxes; horizontal ones curve over the boxes in between. */
function arrow(from: Box, to: Box, boxes: readonly Box[], colour: string): string {
  const y1 = from.y + from.height / 2;
  const y2 = to.y + to.height / 2;
  const x1 = from.x + from.width;
  const x2 = to.x - 3;
  const isCrossing = boxes.some(
    (box) =>
      box !== from &&
      box !== to &&
      box.x < x2 &&
      box.x + box.width > x1 &&
      box.y < Math.max(y1, y2) &&
      box.y + box.height > Math.min(y1, y2),
  );
  const bend = Math.max(12, (x2 - x1) / 2);
  const top = Math.min(from.y, to.y) - GAP_Y * 0.7;
  const path = isCrossing
    ? `M${px(from.x + from.width / 2)} ${px(from.y)}C${px(from.x + from.width / 2)} ${px(top)} ${px(x1)} ${px(top)} ${px(x1 + 10)} ${px(top)}L${px(x2 - 10)} ${px(top)}C${px(x2)} ${px(top)} ${px(to.x + to.width / 2)} ${px(top)} ${px(to.x + to.width / 2)} ${px(to.y - 3)}`
    : `M${px(x1)} ${px(y1)}C${px(x1 + bend)} ${px(y1)} ${px(x2 - bend)} ${px(y2)} ${px(x2)} ${px(y2)}`;
  return tag("path", { d: path, fill: "none", stroke: colour, "marker-end": "url(#arrow)" });
}

/**
 * A network as a diagram: boxes of layers from input to output, one row per resolution, so that a
 * U-Net is drawn as a U with its skip connections across. Layers that only feed the next one at the
 * same resolution share a box, which lists their types, the output shape without the batch, and the
 * number of parameters.
 *
 * @param model a built functional or sequential tfjs layers model
 * @throws ConfigError when the model has no outputs yet
 * @example
 * import * as tf from "@tensorflow/tfjs";
 * const layers = [1, 2].map((strides) =>
 *   tf.layers.conv2d({ filters: 4, kernelSize: 3, strides, padding: "same", inputShape: [16, 16, 1] }));
 * const model = tf.sequential({ layers, name: "tiny" });
 * modelGraph(model).description;
 * // "Diagram of tiny: 3 layers in 2 blocks at 2 resolutions, 188 parameters."
 */
export function modelGraph(model: GraphedModel): Figure {
  if (!Array.isArray(model.outputs) || model.outputs.length === 0) {
    throw new ConfigError({
      where: "modelGraph",
      expected: "a built layers model",
      got: `a model without outputs`,
      remedy: "Give the first layer an `inputShape`, or call `build` before drawing",
    });
  }
  const blocks = modelBlocks(model.outputs);
  const { boxes, width, height } = layOut(blocks);
  const rows = new Set(blocks.map(({ shape }) => shape.slice(1, -1).join())).size;
  const layers = new Set(blocks.flatMap(({ names }) => names)).size;
  const total = `${count(model.countParams())} parameters`;
  const title = modelTitle(model.name);
  const arrows = blocks.flatMap(({ inputs }, index) =>
    inputs.map((input) => arrow(boxes[input], boxes[index], boxes, "#7a7a7a")),
  );
  const drawn = boxes.map(({ lines, x, y, width: w, height: h }, index) => {
    const hasParameters = blocks[index].parameters > 0;
    const shapeLine = lines.length - (hasParameters ? 2 : 1);
    const box = tag("rect", {
      x,
      y,
      width: w,
      height: h,
      rx: 4,
      fill: hasParameters ? "#e8f1fa" : "#f3f3f3",
      stroke: hasParameters ? "#4a7fb0" : "#9a9a9a",
    });
    const texts = lines.map((line, i) =>
      svgText(line, {
        x: x + w / 2,
        y: y + PADDING + LINE * (i + 0.75),
        "text-anchor": "middle",
        "font-size": FONT_SIZE,
        fill: i >= shapeLine ? "#555555" : "#1a1a1a",
      }),
    );
    const hint = tag("title", {}, escapeHtml(blocks[index].names.join(", ")));
    return tag("g", {}, hint + box + texts.join(""));
  });
  const description = `Diagram of ${title}: ${layers} layers in ${blocks.length} blocks at ${rows} resolution${rows === 1 ? "" : "s"}, ${total}.`;
  const head = tag(
    "defs",
    {},
    tag(
      "marker",
      {
        id: "arrow",
        viewBox: "0 0 8 8",
        refX: 6,
        refY: 4,
        markerWidth: 6,
        markerHeight: 6,
        orient: "auto",
      },
      tag("path", { d: "M0 0L8 4L0 8z", fill: "#7a7a7a" }),
    ),
  );
  const heading = svgText(`<b>${title}</b>`, {
    x: MARGIN,
    y: MARGIN + 14,
    "font-size": 15,
    fill: LIGHT.text,
  });
  const svg = tag(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${px(width)} ${px(height)}`,
      width,
      height,
      style: "max-width:100%;height:auto",
      "font-family": FONT,
      role: "img",
      "aria-label": description,
    },
    head +
      tag("rect", { class: "lb-page", width, height, fill: LIGHT.background }) +
      heading +
      arrows.join("") +
      drawn.join(""),
  );
  return new Figure({ svg, description });
}
