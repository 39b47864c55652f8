import { classColour } from "../../core/classColours";
import { ConfigError } from "../../core/errors";
import { Figure, fingerprint } from "../Figure";
import { clientScript } from "../client/embed";
import { makeControls } from "../client/controls";
import { loadSlices } from "../client/loadSlices";
import { mountSliceViewer } from "../client/mountSliceViewer";
import { paintSlice } from "../client/paintSlice";
import { describeDice } from "../client/describeDice";
import type { ViewerSpec } from "../client/ViewerSpec";
import { TRUTH, listMasks } from "../masks/caseMasks";
import type { ComparedCase, ListedCase, PlaneLike } from "../masks/caseMasks";
import { compareMasks } from "../masks/compareMasks";
import { staticPicture } from "../masks/staticPicture";
import { caseTitle, modelTitle } from "../names";
import { percentileWindow } from "../pictures/scanPicture";
import type { GreyWindow } from "../pictures/scanPicture";
import { encodeLabels, encodeScans } from "./encodeScans";

/** Display windows in Hounsfield units that radiologists use. */
export const WINDOW_PRESETS = {
  lung: { low: -1250, high: 250 },
  mediastinum: { low: -135, high: 215 },
  bone: { low: -600, high: 1400 },
} as const satisfies Record<string, GreyWindow>;

// 15 MB, less the size of the static picture, the captions and the script.
const MAX_BYTES = 14_000_000;

const TOOLS = { makeControls, loadSlices, paintSlice, describeDice };

/** A slice, with its unit if known. */
export interface ViewedCase extends ComparedCase {
  readonly unit?: string;
}

/** Options of {@link sliceViewer}. */
export interface SliceViewerOptions {
  /** Names by label value; index 0 is the background. */
  readonly classNames: readonly string[];
  /**
   * The intensities initially shown as black and white. A preset's name for scans in Hounsfield units
   * (default `"lung"`); for other scans the default is their 0.5 and 99.5 percentiles.
   */
  readonly window?: keyof typeof WINDOW_PRESETS | GreyWindow;
  /** Index of the slice shown first; default: the one with the largest masks. */
  readonly start?: number;
}

/**
 * A viewer for a volume or a list of slices: slider and arrow keys, window and level, overlay
 * opacity, outline or fill, a switch per class, truth and predictions side by side, differences.
 *
 * The scans are embedded as compressed pictures: 100 slices of 512 x 512 take at most 15 MB. It works
 * in a live notebook and in an exported page without a network; without scripts it shows one slice.
 *
 * @param cases slices in order, or a dataset, whose class names are then taken
 * @throws ConfigError when there is no case, columns differ, the size of a mask is not that of its scan,
 *   the window is unknown, or `start` is not the index of a case
 * @example
 * const image = { height: 2, width: 2, data: [0, 50, 100, 200] };
 * sliceViewer([{ id: "a", image }], { classNames: ["background"] }).description;
 * // "Viewer of 1 slice, a; masks: none."
 */
export function sliceViewer(
  cases: { readonly cases: readonly ViewedCase[]; readonly classNames: readonly string[] },
  options?: Partial<SliceViewerOptions>,
): Figure;
export function sliceViewer(cases: readonly ViewedCase[], options: SliceViewerOptions): Figure;
export function sliceViewer(
  source:
    | readonly ViewedCase[]
    | { readonly cases: readonly ViewedCase[]; readonly classNames: readonly string[] },
  given: Partial<SliceViewerOptions> = {},
): Figure {
  const cases = "cases" in source ? source.cases : source;
  const options: SliceViewerOptions = {
    classNames: "cases" in source ? source.classNames : [],
    ...given,
  };
  const listed = listMasks("sliceViewer.cases", cases);
  const { classNames } = options;
  const isHounsfield = cases.every(({ unit }) => unit === "HU" || unit === "pseudo-HU");
  const start = startOf(listed, options.start);
  const window = windowOf(listed[start].image, isHounsfield, options.window);
  const masks = listed.map((item) => item.masks.map(({ labels }) => encodeLabels(labels)));
  const maskBytes = masks.flat().reduce((sum, { length }) => sum + length, 0);
  const scans = encodeScans(
    listed.map(({ image }) => image),
    isHounsfield,
    Math.max(MAX_BYTES - maskBytes, MAX_BYTES / 2),
  );
  const titles = listed[0].masks.map(({ title }) => modelTitle(title));
  const classes = classNames
    .slice(1)
    .map((name, index) => ({ name, colour: classColour(index + 1) ?? "#000000" }));
  const spec: ViewerSpec = {
    titles,
    truth: titles.indexOf(TRUTH),
    classes,
    start,
    window,
    presets: isHounsfield
      ? Object.entries(WINDOW_PRESETS).map(([name, preset]) => ({ name, ...preset }))
      : [],
    unit: isHounsfield ? "HU" : "",
    intensities: scans.intensities.map((value) => Math.round(value * 1e4) / 1e4),
    factor: scans.factor,
    slices: listed.map((item, index) => ({
      id: caseTitle(item.id),
      height: item.image.height,
      width: item.image.width,
      scan: scans.pictures[index],
      masks: item.masks.map(({ caption }, mask) => ({
        picture: masks[index][mask],
        caption: caption ?? "",
      })),
    })),
  };
  const count = listed.length === 1 ? "1 slice" : `${listed.length} slices`;
  const ids = [listed[0], ...listed.slice(1).slice(-1)]
    .map((item) => caseTitle(item.id))
    .join(" to ");
  const description = `Viewer of ${count}, ${ids}; masks: ${titles.join(", ") || "none"}.`;
  const first = compareMasks([listed[start]], { classNames, window });
  const still = first.svg === undefined ? "" : staticPicture(first.svg, description);
  const id = fingerprint(JSON.stringify([description, spec.slices[start].scan, start]));
  const html = `<figure class="layerbook-viewer" data-layerbook="${id}" style="margin:0">${still}</figure>${clientScript(mountSliceViewer, id, spec, TOOLS)}`;
  return new Figure({ description, html });
}

function startOf(cases: readonly ListedCase[], start: number | undefined): number {
  if (start !== undefined) {
    if (!Number.isInteger(start) || start < 0 || start >= cases.length) {
      throw new ConfigError({
        where: "sliceViewer.start",
        expected: `an index from 0 to ${cases.length - 1}`,
        got: String(start),
      });
    }
    return start;
  }
  const sizes = cases.map(({ masks }) => {
    let size = 0;
    for (const { labels } of masks) {
      for (let i = 0; i < labels.data.length; i++) if (labels.data[i] > 0) size++;
    }
    return size;
  });
  const largest = sizes.reduce((a, b) => Math.max(a, b));
  return largest === 0 ? Math.floor(cases.length / 2) : sizes.indexOf(largest);
}

function windowOf(
  image: PlaneLike,
  isHounsfield: boolean,
  wanted: SliceViewerOptions["window"],
): GreyWindow {
  if (typeof wanted === "object") return wanted;
  if (wanted !== undefined && !(wanted in WINDOW_PRESETS)) {
    throw new ConfigError({
      where: "sliceViewer.window",
      expected: `one of ${Object.keys(WINDOW_PRESETS).join(", ")}, or { low, high }`,
      got: JSON.stringify(wanted),
    });
  }
  if (isHounsfield) return WINDOW_PRESETS[wanted ?? "lung"];
  if (wanted !== undefined) {
    throw new ConfigError({
      where: "sliceViewer.window",
      expected: "{ low, high }, since these scans are not in Hounsfield units",
      got: `the preset "${wanted}"`,
      remedy: 'Give the cases `unit: "HU"` if their values are Hounsfield units.',
    });
  }
  return percentileWindow(image);
}
