import { encode } from "fast-png";
import { classColour } from "../../core/classColours";
import type { Plane } from "../types";

/** Red, green and blue of a label in written masks: black background, then the classes' colours. */
function maskColour(label: number): [number, number, number] {
  const rgb = parseInt((classColour(label) ?? "#000000").slice(1), 16);
  return [rgb >> 16, (rgb >> 8) & 255, rgb & 255];
}

/** The mask as a palette PNG: indices are the labels. */
export function encodeMaskPng(labels: Plane<Uint8Array>): Uint8Array {
  const { width, height, data } = labels;
  const most = data.reduce((a, b) => Math.max(a, b), 0);
  const palette = Array.from({ length: Math.max(most + 1, 4) }, (_, label) => maskColour(label));
  return encode({ width, height, data, depth: 8, channels: 1, palette });
}
