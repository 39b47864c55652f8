import { ConfigError } from "../core/errors";
import type { Box } from "./crop";
import { cropPlane, findFrame, uncropPlane } from "./crop";
import type { IntensityWindow } from "./intensity";
import { applyWindow, defaultWindow } from "./intensity";
import { checkDecoding, rankDice } from "./rankDice";
import type { Decoding } from "./rankDice";
import type { Interpolation } from "./resize";
import { resizeImage, resizeLabels } from "./resize";
import type { Plane, Sample, SliceCase, SliceDataset } from "./types";

/** How slices become samples. */
export interface PrepareOptions {
  /** Height and width of the samples. */
  readonly size: number;
  /** The range from black to white; default {@link defaultWindow} of the unit. */
  readonly window?: IntensityWindow;
  /** `"blackFrame"` crops outer rows and columns that are black in the window; default `"none"`. */
  readonly crop?: "none" | "blackFrame";
  /** Default `"area"`, as `cv2.INTER_AREA`. */
  readonly interpolation?: Interpolation;
}

/** The class probabilities of a sample's pixels. */
export interface ClassProbabilities {
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  /** `[height, width, classes]`, row-major. */
  readonly data: Float32Array;
}

/** The part of a case that is in its sample. */
export function sampleBox(item: SliceCase, options: Pick<PrepareOptions, "crop" | "window">): Box {
  const { height, width } = item.image;
  if ((options.crop ?? "none") === "none") return { top: 0, left: 0, height, width };
  return findFrame(item.image, (options.window ?? defaultWindow(item.unit)).low);
}

/**
 * Turns slices into input of the network: cropped, windowed to grey in [0, 1] and square. Labels are
 * resized by nearest neighbour, never blended.
 *
 * @see {@link restoreLabels}, its inverse
 */
export function prepareSamples(
  dataset: Pick<SliceDataset, "cases"> & Partial<Pick<SliceDataset, "classNames">>,
  options: PrepareOptions,
): Sample[] {
  const { size, interpolation = "area" } = options;
  const { classNames } = dataset;
  return dataset.cases.map((item) => {
    const box = sampleBox(item, options);
    const grey = applyWindow(
      cropPlane(item.image, box),
      options.window ?? defaultWindow(item.unit),
    );
    return {
      id: item.id,
      group: item.group,
      image: resizeImage(grey, size, size, interpolation),
      labels: item.labels && resizeLabels(cropPlane(item.labels, box), size, size),
      // Without a mask the number of classes is unknown.
      ...(classNames === undefined || item.labels === null ? {} : { classNames }),
    };
  });
}

/**
 * Takes a sample's labels (a prediction) back to the case's own grid.
 *
 * @param sampleLabels at the sample's size
 * @param originalCase the case that the sample was made from
 * @param options the options given to {@link prepareSamples}, if it cropped
 */
export function restoreLabels(
  sampleLabels: Plane<Uint8Array>,
  originalCase: SliceCase,
  options: Pick<PrepareOptions, "crop" | "window"> = {},
): Plane<Uint8Array> {
  const { height, width } = originalCase.image;
  const box = sampleBox(originalCase, options);
  const cropped = resizeLabels(sampleLabels, box.height, box.width);
  return uncropPlane(cropped, box, height, width);
}

/** How probabilities are restored to a case's own grid. */
export interface RestoreOptions extends Pick<PrepareOptions, "crop" | "window"> {
  /**
   * `"argmax"` (default) takes the most likely class, `"rankDice"` the labels with the highest expected
   * Dice; see {@link rankDice}.
   */
  readonly decoding?: Decoding;
}

/**
 * Turns a sample's class probabilities into labels on the case's own grid. Each class is interpolated
 * bilinearly before the classes are compared, so that outlines follow the probabilities and not the
 * sample's pixels.
 *
 * @param probabilities at the sample's size, `[height, width, classes]` row-major
 * @param originalCase the case that the sample was made from
 * @param options the options given to {@link prepareSamples}, if it cropped, and the decoding
 * @throws ConfigError if the number of values is not pixels times classes, or for an unknown decoding
 */
export function restoreProbabilities(
  { height, width, classes, data }: ClassProbabilities,
  originalCase: SliceCase,
  options: RestoreOptions = {},
): Plane<Uint8Array> {
  if (data.length !== height * width * classes) {
    throw new ConfigError({
      where: "restoreProbabilities.data",
      expected: `${height * width * classes} values`,
      got: String(data.length),
    });
  }
  const { decoding = "argmax" } = options;
  checkDecoding("restoreProbabilities.decoding", decoding);
  const box = sampleBox(originalCase, options);
  const planeOf = (label: number): Float32Array => {
    const plane = new Float32Array(height * width);
    for (let i = 0; i < plane.length; i++) plane[i] = data[i * classes + label];
    return resizeImage({ height, width, data: plane }, box.height, box.width, "linear").data;
  };
  const labels =
    decoding === "rankDice"
      ? rankDice(Array.from({ length: classes }, (_, label) => planeOf(label)))
      : argMaxLabels(box.height * box.width, classes, planeOf);
  const cropped = { height: box.height, width: box.width, data: labels };
  return uncropPlane(cropped, box, originalCase.image.height, originalCase.image.width);
}

/** The most likely class of each pixel; only one plane is in memory at a time. */
function argMaxLabels(
  pixels: number,
  classes: number,
  planeOf: (label: number) => Float32Array,
): Uint8Array {
  const labels = new Uint8Array(pixels);
  const highest = new Float32Array(pixels).fill(-Infinity);
  for (let label = 0; label < classes; label++) {
    const scores = planeOf(label);
    for (let i = 0; i < pixels; i++) {
      if (!(scores[i] > highest[i])) continue;
      highest[i] = scores[i];
      labels[i] = label;
    }
  }
  return labels;
}

/**
 * The highest Dice that any prediction at a size can reach on the original grid: the Dice of the true
 * labels, resized to that size and back.
 *
 * @returns per class, the mean over the cases that have it; `NaN` for the background and for a class
 *   that no case has
 */
export function resizeCeiling(dataset: SliceDataset, options: PrepareOptions): number[] {
  const sums = dataset.classNames.map(() => 0);
  const counts = dataset.classNames.map(() => 0);
  for (const item of dataset.cases) {
    if (item.labels === null) continue;
    const small = resizeLabels(
      cropPlane(item.labels, sampleBox(item, options)),
      options.size,
      options.size,
    );
    const restored = restoreLabels(small, item, options).data;
    const truth = item.labels.data;
    for (let label = 1; label < sums.length; label++) {
      let inBoth = 0;
      let inEither = 0;
      let inTruth = 0;
      for (let i = 0; i < truth.length; i++) {
        const isTrue = truth[i] === label;
        const isRestored = restored[i] === label;
        if (isTrue) inTruth++;
        if (isTrue && isRestored) inBoth++;
        inEither += Number(isTrue) + Number(isRestored);
      }
      if (inTruth === 0) continue;
      sums[label] += (2 * inBoth) / inEither;
      counts[label]++;
    }
  }
  return sums.map((sum, label) => (label === 0 || counts[label] === 0 ? NaN : sum / counts[label]));
}
