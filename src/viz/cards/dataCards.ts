import { escapeHtml } from "../../display/html";
import type { MimeBundle } from "../../display/host";
import { compareMasks } from "../masks/compareMasks";
import type { PlaneLike } from "../masks/caseMasks";
import { scanPicture } from "../pictures/scanPicture";
import type { CaseLike, DatasetLike } from "./recognise";
import { htmlTable, textTable } from "./table";

/** The number of pictures shown for a dataset or a list of cases. */
const SHOWN_CASES = 4;
const BOX = "font:13px system-ui,sans-serif";

/** A dataset: its contents, class frequencies, and first slices. */
export function datasetBundle({ name, classNames, cases }: DatasetLike): MimeBundle {
  const labelled = cases.filter(({ labels }) => labels !== null && labels !== undefined);
  const groups = new Set(cases.map(({ group }) => group)).size;
  const units = [...new Set(cases.map(({ unit }) => describeUnit(unit ?? "unknown unit")))].join(
    ", ",
  );
  const sizes = [...new Set(cases.map(({ image }) => `${image.height} x ${image.width}`))];
  const size = sizes.length <= 3 ? sizes.join(", ") : `${sizes.length} different sizes`;
  const facts = `${count(cases.length, "slice")} of ${count(groups, "patient or group", "patients or groups")}, ${labelled.length} with masks; ${size}; ${units}`;
  const rows = classRows(classNames, labelled);
  const header = ["class", "slices with it", "share of pixels"];
  const areNumbered = classNames.slice(1).every((each) => /^class \d+$/.test(each));
  const caption = areNumbered
    ? "Classes are numbered: the data do not name them; set classNames (--classes)"
    : "Classes of the masks";
  const pictures = casePictures(pick(labelled.length > 0 ? labelled : cases), classNames);
  return {
    "text/html": `<div style="${BOX}"><strong>${escapeHtml(name)}</strong><div>${escapeHtml(facts)}</div>${rows.length > 0 ? htmlTable(header, rows, caption) : ""}</div>${pictures}`,
    "text/plain": `${name}: ${facts}${rows.length > 0 ? `\n${textTable(header, rows, caption)}` : ""}`,
  };
}

/** One case or sample: its picture with its mask, and its metadata. */
export function caseBundle(item: CaseLike): MimeBundle {
  const { id, group, image, unit, labels, augmentation } = item;
  const facts = [
    `${image.height} x ${image.width}`,
    `group ${group}`,
    ...(unit === undefined ? [] : [describeUnit(unit)]),
    ...(augmentation === undefined ? [] : [augmentation]),
    labels === null || labels === undefined ? "no mask" : `classes ${presentLabels(labels)}`,
  ].join(", ");
  return {
    "text/html": `<div style="${BOX}"><strong>${escapeHtml(id)}</strong>: ${escapeHtml(facts)}</div>${casePictures([item], namesFor([item]))}`,
    "text/plain": `${id}: ${facts}`,
  };
}

/** A list of cases or samples: their number, and the first of them. */
export function caseListBundle(cases: readonly CaseLike[]): MimeBundle {
  const rest = cases.length > SHOWN_CASES ? `, ${SHOWN_CASES} of them shown` : "";
  const text = `${count(cases.length, "slice")}${rest}`;
  return {
    "text/html": `<div style="${BOX}">${text}</div>${casePictures(pick(cases), namesFor(cases))}`,
    "text/plain": `${count(cases.length, "slice")}: ${cases
      .slice(0, 10)
      .map(({ id }) => id)
      .join(", ")}${cases.length > 10 ? ", …" : ""}`,
  };
}

/** A plane of numbers: a mask in its classes' colours, anything else in grey. */
export function planeBundle(plane: PlaneLike): MimeBundle {
  const { height, width, data } = plane;
  const isMask = isMaskPlane(plane);
  const range = `from ${Number(minimum(data).toPrecision(6))} to ${Number(maximum(data).toPrecision(6))}`;
  const what = isMask ? `mask with classes ${presentLabels(plane)}` : `values ${range}`;
  const text = `${height} x ${width} plane, ${what}`;
  const picture = isMask
    ? casePictures(
        [
          {
            id: "",
            group: "",
            image: { height, width, data: new Uint8Array(data.length) },
            labels: plane,
          },
        ],
        namesFor([{ id: "", group: "", image: plane, labels: plane }]),
      )
    : `<img alt="${escapeHtml(text)}" style="width:${Math.max(width, Math.min(320, width * 4))}px;max-width:100%" src="${scanPicture(plane).dataUri}">`;
  return {
    "text/html": `<div style="${BOX}">${escapeHtml(text)}</div>${picture}`,
    "text/plain": text,
  };
}

/** A list of planes, such as predictions: their number, and the first of them. */
export function planeListBundle(planes: readonly PlaneLike[]): MimeBundle {
  const what = planes.every(isMaskPlane) ? "mask" : "plane";
  const shown = planes.slice(0, SHOWN_CASES);
  const rest = planes.length > shown.length ? `, the first ${shown.length} shown` : "";
  const pictures = shown.map(
    (plane) => `<div style="margin:0 12px 12px 0">${String(planeBundle(plane)["text/html"])}</div>`,
  );
  return {
    "text/html": `<div style="${BOX}">${count(planes.length, what)}${rest}</div><div style="display:flex;flex-wrap:wrap">${pictures.join("")}</div>`,
    "text/plain": `${count(planes.length, what)}: ${shown.map((plane) => String(planeBundle(plane)["text/plain"])).join("; ")}${rest === "" ? "" : "; …"}`,
  };
}

function isMaskPlane({ data }: PlaneLike): boolean {
  return data instanceof Uint8Array && maximum(data) < 8;
}

const UNIT_WORDS: Readonly<Record<string, string>> = {
  grey8: "8-bit grey",
  arbitrary: "arbitrary units",
};

/** A unit of intensity as people say it. */
function describeUnit(unit: string): string {
  return UNIT_WORDS[unit] ?? unit;
}

function count(value: number, singular: string, plural = `${singular}s`): string {
  return `${value} ${value === 1 ? singular : plural}`;
}

/** Cases spread evenly over the list, including the first and the last. */
function pick(cases: readonly CaseLike[]): CaseLike[] {
  if (cases.length <= SHOWN_CASES) return [...cases];
  return Array.from(
    { length: SHOWN_CASES },
    (_, i) => cases[Math.round((i * (cases.length - 1)) / (SHOWN_CASES - 1))],
  );
}

function casePictures(cases: readonly CaseLike[], classNames: readonly string[]): string {
  // Every row of a comparison needs the same columns.
  const hasMasks = cases.every(({ labels }) => labels !== null && labels !== undefined);
  const shown = cases.map(({ id, image, labels }) => ({
    id,
    image,
    labels: hasMasks ? (labels ?? null) : null,
  }));
  return compareMasks(shown, { classNames, panelSize: 160 }).toHtml();
}

function classRows(classNames: readonly string[], cases: readonly CaseLike[]): string[][] {
  if (cases.length === 0) return [];
  const pixels = classNames.map(() => 0);
  const slices = classNames.map(() => 0);
  let total = 0;
  for (const { labels } of cases) {
    if (labels === null || labels === undefined) continue;
    const own = classNames.map(() => 0);
    for (let i = 0; i < labels.data.length; i++) own[labels.data[i]]++;
    own.forEach((found, label) => {
      pixels[label] += found;
      if (found > 0) slices[label]++;
    });
    total += labels.data.length;
  }
  return classNames.map((name, label) => [
    name,
    String(slices[label]),
    `${((100 * pixels[label]) / total).toFixed(2)} %`,
  ]);
}

/** The samples' own class names, or else numbers up to the largest label. */
function namesFor(cases: readonly CaseLike[]): readonly string[] {
  const own = cases.find(({ classNames }) => classNames !== undefined)?.classNames;
  const most = Math.max(
    0,
    ...cases.map(({ labels }) =>
      labels === null || labels === undefined ? 0 : maximum(labels.data),
    ),
  );
  if (own !== undefined && own.length > most) return own;
  return Array.from({ length: most + 1 }, (_, i) => (i === 0 ? "background" : `class ${i}`));
}

function presentLabels({ data }: PlaneLike): string {
  const found = new Set<number>();
  for (let i = 0; i < data.length; i++) found.add(data[i]);
  return [...found].sort((a, b) => a - b).join(", ");
}

function maximum(data: ArrayLike<number>): number {
  let most = -Infinity;
  for (let i = 0; i < data.length; i++) if (data[i] > most) most = data[i];
  return most;
}

function minimum(data: ArrayLike<number>): number {
  let least = Infinity;
  for (let i = 0; i < data.length; i++) if (data[i] < least) least = data[i];
  return least;
}
