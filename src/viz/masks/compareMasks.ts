import { classColour } from "../../core/classColours";
import { ConfigError } from "../../core/errors";
import { Figure, fingerprint } from "../Figure";
import { clientScript } from "../client/embed";
import { mountToggles } from "../client/mountToggles";
import { scanPicture } from "../pictures/scanPicture";
import type { GreyWindow } from "../pictures/scanPicture";
import { caseTitle, modelTitle } from "../names";
import { FONT, svgText, tag, wrapText } from "../svg/markup";
import { TRUTH, listMasks } from "./caseMasks";
import type { ComparedCase, ListedCase } from "./caseMasks";
import {
  DIFFERENCES,
  differencePanel,
  keyRows,
  panelHeight,
  maskPanel,
  scanDefinition,
  scanPanel,
} from "./panelSvg";
import type { Panel } from "./panelSvg";
import { staticPicture } from "./staticPicture";

/** Options of {@link compareMasks}. */
export interface CompareMasksOptions {
  /** Names by label value; index 0 is the background. */
  readonly classNames: readonly string[];
  /** Intensities drawn black and white; default: each slice's 0.5 and 99.5 percentiles. */
  readonly window?: GreyWindow;
  /** Width of a panel in pixels; default 200. */
  readonly panelSize?: number;
  /**
   * Adds a panel per prediction that shows where it is correct, false positive or missed; needs a
   * mask titled `"Truth"`. Default false.
   */
  readonly difference?: boolean;
}

const GAP = 14;
const LEFT = 34;
const CAPTION = 20;
const HEADING = 24;
const LINE = 14;
// Above this size a notebook leaves out the standalone picture, which its HTML already contains.
const MAX_SVG_BYTES = 2 ** 20;

interface Column {
  readonly heading: string;
  /** Index of the mask; `null` for the scan alone. */
  readonly mask: number | null;
  readonly isDifference: boolean;
}

/**
 * Scan, truth and predictions side by side, one row per case, with masks as coloured regions.
 *
 * In a page that runs scripts, each class can be switched off, and masks can be drawn as outlines
 * or fills. Without scripts the picture is static.
 *
 * @param cases at least one; every case has the same masks in the same order
 * @throws ConfigError when there is no case, columns differ, the size of a mask is not that of its
 *   scan, or `difference` is set without a mask titled `"Truth"`
 * @example
 * const image = { height: 1, width: 2, data: [0, 1] };
 * compareMasks([{ id: "a", image, labels: image }], { classNames: ["background", "lesion"] }).description;
 * // "Scan and Truth of a; classes lesion."
 */
export function compareMasks(cases: readonly ComparedCase[], options: CompareMasksOptions): Figure {
  const where = "compareMasks.cases";
  const listed = listMasks(where, cases);
  const { classNames, window, panelSize = 200, difference = false } = options;
  const columns = columnsOf(where, listed, difference);
  const width = LEFT + columns.length * (panelSize + GAP);
  const classes = classNames
    .slice(1)
    .map((name, index) => ({ name, colour: classColour(index + 1) ?? "#000000" }));
  const room = { left: LEFT, top: 8, width: width - LEFT };
  const key = keyRows(classes, room);
  const differenceKey = keyRows(difference ? DIFFERENCES : [], { ...room, top: 8 + key.height });
  const headings = columns.map(({ heading }) => wrapText(heading, panelSize, 11));
  const lines = Math.max(...headings.map((each) => each.length));
  const top = 8 + key.height + differenceKey.height + HEADING + (lines - 1) * LINE;
  const heights = listed.map(({ image }) => panelHeight(panelSize, image));
  const hasCaptions = listed.some(({ masks }) =>
    masks.some(({ caption }) => caption !== undefined),
  );
  const gap = 10 + (hasCaptions ? CAPTION : 0);
  const tops = heights.map((_, row) =>
    heights.slice(0, row).reduce((y, each) => y + each + gap, top),
  );
  const height = tops[tops.length - 1] + heights[heights.length - 1] + gap;
  const id = fingerprint(
    JSON.stringify([listed.map(({ id: name }) => name), columns, classNames, panelSize]),
  );

  const parts: string[] = [];
  const note = (text: string, x: number, y: number, extra: Record<string, string> = {}): void => {
    parts.push(svgText(text, { x, y, "text-anchor": "middle", fill: "currentColor", ...extra }));
  };
  headings.forEach((each, column) => {
    const centre = LEFT + column * (panelSize + GAP) + panelSize / 2;
    each.forEach((text, line) => {
      note(text, centre, top - 8 - (each.length - 1 - line) * LINE, { "font-weight": "bold" });
    });
  });
  listed.forEach((item, row) => {
    const rowTop = tops[row];
    const scanId = `lb-${id}-${row}`;
    const picture = scanPicture(item.image, window);
    parts.push(tag("defs", {}, scanDefinition(scanId, picture.dataUri, item.image)));
    const middle = rowTop + heights[row] / 2;
    note(caseTitle(item.id), 16, middle, { transform: `rotate(-90 16 ${middle})` });
    columns.forEach(({ mask: index, isDifference }, column) => {
      const left = LEFT + column * (panelSize + GAP);
      const panel: Panel = { left, top: rowTop, width: panelSize, height: heights[row] };
      parts.push(scanPanel(scanId, panel, item.image));
      if (index === null) return;
      const mask = item.masks[index];
      if (isDifference) {
        parts.push(differencePanel(panel, truthOf(item), mask.labels));
        return;
      }
      parts.push(maskPanel(panel, mask.labels, classNames.length));
      if (mask.caption !== undefined) {
        note(mask.caption, left + panelSize / 2, rowTop + heights[row] + 15);
      }
    });
  });
  const description = `${listWords(columns.map(({ heading }) => heading))} of ${listWords(listed.map((item) => caseTitle(item.id)))}; classes ${classNames.slice(1).join(", ")}.`;
  const svg = tag(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      "aria-label": description,
      color: "#333333",
      "font-family": FONT,
      "font-size": 12,
    },
    tag("rect", { class: "lb-page", width: "100%", height: "100%", fill: "#ffffff" }) +
      tag("g", { class: "lb-key", "data-height": key.height }, key.svg) +
      differenceKey.svg +
      parts.join(""),
  );
  const html = `<figure class="layerbook-masks" data-layerbook="${id}" style="margin:0">${staticPicture(svg, description)}</figure>${clientScript(mountToggles, id, classes)}`;
  return new Figure({ description, html, ...(svg.length > MAX_SVG_BYTES ? {} : { svg }) });
}

function columnsOf(where: string, cases: readonly ListedCase[], difference: boolean): Column[] {
  const titles = cases[0].masks.map(({ title }) => title);
  if (difference && !titles.includes(TRUTH)) {
    throw new ConfigError({
      where,
      expected: `a mask titled "${TRUTH}" to compare with`,
      got: titles.join(", ") || "none",
      remedy: "Give the cases their labels, or leave `difference` out.",
    });
  }
  return [
    { heading: "Scan", mask: null, isDifference: false },
    ...titles.flatMap((title, mask): Column[] => [
      { heading: modelTitle(title), mask, isDifference: false },
      ...(difference && title !== TRUTH
        ? [{ heading: `${modelTitle(title)}: errors`, mask, isDifference: true }]
        : []),
    ]),
  ];
}

function truthOf(item: ListedCase) {
  return item.masks.find(({ title }) => title === TRUTH)?.labels ?? item.image;
}

/** `a, b and c`; long lists are shortened. */
function listWords(words: readonly string[]): string {
  if (words.length > 6) return `${words.slice(0, 5).join(", ")} and ${words.length - 5} more`;
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
