import { svgText, tag } from "../svg/markup";
import { labelOutlines } from "../pictures/outlines";
import { classColour } from "../../core/classColours";
import type { PlaneLike } from "./caseMasks";

/** The position of a panel, in pixels from the top left. */
export interface Panel {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The colours of a difference panel; they also differ in lightness. */
export const DIFFERENCES = [
  { key: "correct", name: "correct", colour: "#FFFFFF" },
  { key: "false", name: "false positive", colour: "#E69F00" },
  { key: "missed", name: "missed", colour: "#0072B2" },
] as const;

/** Fits a complete slice into its panel, whatever its aspect ratio. */
export function placement(panel: Panel, image: PlaneLike): { x: number; y: number; scale: number } {
  const scale = Math.min(panel.width / image.width, panel.height / image.height);
  return {
    x: panel.left + (panel.width - image.width * scale) / 2,
    y: panel.top + (panel.height - image.height * scale) / 2,
    scale,
  };
}

/** The height of a panel for a slice at a given width: at most the width. */
export function panelHeight(width: number, image: PlaneLike): number {
  return Math.round(width * Math.min(1, image.height / image.width));
}

function transformOf(panel: Panel, image: PlaneLike): string {
  const { x, y, scale } = placement(panel, image);
  return `translate(${round(x)} ${round(y)}) scale(${round(scale)})`;
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4;

/** A scan, defined once; every panel of its row refers to it. */
export function scanDefinition(id: string, dataUri: string, image: PlaneLike): string {
  return tag("image", {
    id,
    href: dataUri,
    width: image.width,
    height: image.height,
    preserveAspectRatio: "none",
  });
}

/** The scan in a panel. */
export function scanPanel(id: string, panel: Panel, image: PlaneLike): string {
  return tag("use", { href: `#${id}`, transform: transformOf(panel, image) });
}

/** The classes of a mask over its panel, each in a separate group that a script can hide. */
export function maskPanel(panel: Panel, mask: PlaneLike, classCount: number): string {
  const { scale } = placement(panel, mask);
  let content = "";
  for (let label = 1; label < classCount; label++) {
    const d = outlinePath(mask, label);
    const colour = classColour(label) ?? "#000000";
    if (d === "") continue;
    content += tag("path", {
      class: `lb-region lb-class-${label}`,
      d,
      fill: colour,
      "fill-opacity": 0.45,
      stroke: colour,
      "stroke-width": round(1.2 / scale),
    });
  }
  return tag("g", { transform: transformOf(panel, mask) }, content);
}

/** Correct, false positive and missed pixels of a prediction. */
export function differencePanel(panel: Panel, truth: PlaneLike, prediction: PlaneLike): string {
  const kinds = Uint8Array.from(prediction.data, (label, i) => {
    const wanted = truth.data[i];
    if (label === wanted) return label === 0 ? 0 : 1;
    return label === 0 ? 3 : 2;
  });
  const { scale } = placement(panel, truth);
  const plane = { height: truth.height, width: truth.width, data: kinds };
  const content = DIFFERENCES.map(({ key, colour }, index) => {
    const d = outlinePath(plane, index + 1);
    return d === ""
      ? ""
      : tag("path", {
          class: `lb-region lb-${key}`,
          d,
          fill: colour,
          "fill-opacity": key === "correct" ? 0.25 : 0.75,
          stroke: colour,
          "stroke-width": round(0.8 / scale),
        });
  }).join("");
  return tag("g", { transform: transformOf(panel, truth) }, content);
}

function outlinePath(mask: PlaneLike, label: number): string {
  return labelOutlines(mask, label)
    .map(({ x, y }) => `M${x.map((value, i) => `${value + 0.5} ${y[i] + 0.5}`).join("L")}Z`)
    .join("");
}

/** Height of one row of {@link keyRows}. */
export const KEY_ROW = 22;

/** Coloured squares with names, in as many rows as needed for the width. */
export function keyRows(
  entries: readonly { readonly name: string; readonly colour: string }[],
  room: { readonly left: number; readonly top: number; readonly width: number },
): { readonly svg: string; readonly height: number } {
  let x = room.left;
  let top = room.top;
  const svg = entries
    .map(({ name, colour }) => {
      const width = 18 + name.length * 7;
      if (x > room.left && x + width > room.left + room.width) {
        x = room.left;
        top += KEY_ROW;
      }
      const square = tag("rect", {
        x,
        y: top,
        width: 12,
        height: 12,
        fill: colour,
        stroke: "#8888",
      });
      const text = svgText(name, { x: x + 18, y: top + 10, fill: "currentColor" });
      x += width + 18;
      return square + text;
    })
    .join("");
  return { svg, height: entries.length === 0 ? 0 : top - room.top + KEY_ROW };
}
