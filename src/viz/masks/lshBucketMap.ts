import type { Figure } from "../Figure";
import { encode } from "fast-png";
import { dataUri } from "../pictures/base64";
import type { GreyWindow } from "../pictures/scanPicture";
import { tag } from "../svg/markup";
import type { PlaneLike } from "./caseMasks";
import { checkCoversScan } from "./heatOverlay";
import { panelRow } from "./panelRow";

/** The buckets of one round of hashing: a bucket number per position, at the attention's resolution. */
export interface BucketMap {
  readonly title: string;
  readonly buckets: PlaneLike;
}

/** A map of `explain` or `attentionMaps`: its layer, round and head are its title. */
export interface BucketRecordLike extends Omit<BucketMap, "title"> {
  readonly layer: string;
  /** Counted from 0, as is `head`. */
  readonly round: number;
  readonly head: number;
}

/**
 * The hash buckets of LSH attention over the scan, one panel per round. Positions of the same colour
 * can attend to each other in that round.
 *
 * @param scan the slice, row-major
 * @param maps with the scan's aspect ratio and bucket numbers from 0; the `buckets` of `explain` can be passed
 *   directly, or a part of them: there is one per layer, round and head
 * @throws ConfigError when a map has another aspect ratio than the scan
 * @example
 * const scan = { height: 2, width: 2, data: [0, 1, 2, 3] };
 * lshBucketMap(scan, [{ title: "Round 1", buckets: scan }]).description;
 * // "Hash buckets over the scan: Round 1 with 4 buckets."
 */
export function lshBucketMap(
  scan: PlaneLike,
  maps: readonly (BucketMap | BucketRecordLike)[],
  options: { readonly window?: GreyWindow; readonly panelSize?: number } = {},
): Figure {
  const { panelSize = 260, window } = options;
  const rounds = maps.map((map) => ({ ...map, title: titleOf(map) }));
  const counts = rounds.map(({ buckets }) => new Set(Array.from(buckets.data)).size);
  const overlays = rounds.map(({ title, buckets }, index) => {
    checkCoversScan(`lshBucketMap["${title}"]`, buckets, scan);
    return {
      heading: title,
      caption: `${counts[index]} buckets`,
      overlay: tag("image", {
        href: bucketPicture(buckets),
        width: scan.width,
        height: scan.height,
        preserveAspectRatio: "none",
        style: "image-rendering:pixelated",
      }),
    };
  });
  return panelRow(scan, [{ heading: "Scan", overlay: "" }, ...overlays], {
    panelSize,
    window,
    description: `Hash buckets over the scan: ${rounds.map(({ title }, i) => `${title} with ${counts[i]} buckets`).join(", ")}.`,
  });
}

function titleOf(map: BucketMap | BucketRecordLike): string {
  if ("title" in map) return map.title;
  return `${map.layer}, round ${map.round + 1}, head ${map.head + 1}`;
}

/** One hue per bucket; consecutive numbers get distant hues, so that borders are visible. */
function bucketPicture({ height, width, data }: PlaneLike): string {
  const pixels = new Uint8Array(4 * height * width);
  for (let i = 0; i < height * width; i++) {
    // Steps of the golden angle around the colour circle.
    const hue = (data[i] * 137.508) % 360;
    pixels.set(hueToRgb(hue, data[i] % 2 === 0 ? 0.85 : 0.6), 4 * i);
    pixels[4 * i + 3] = 165;
  }
  return dataUri("image/png", encode({ width, height, data: pixels, channels: 4, depth: 8 }));
}

function hueToRgb(hue: number, value: number): [number, number, number] {
  const channel = (offset: number): number => {
    const k = (offset + hue / 60) % 6;
    return Math.round(255 * value * (1 - 0.75 * Math.max(0, Math.min(k, 4 - k, 1))));
  };
  return [channel(5), channel(3), channel(1)];
}
