import { DataError } from "../core/errors";
import { fileStem } from "../files/readFiles";

/** Words that tell a mask's name from its image's: tr_im and tr_mask, scan and scan_seg. */
const MASK_WORDS = new Set([
  "mask",
  "masks",
  "seg",
  "segmentation",
  "segmentations",
  "label",
  "labels",
  "gt",
  "pred",
  "preds",
  "prediction",
  "predictions",
]);
const IMAGE_WORDS = new Set(["im", "img", "image", "images", "ct", "scan", "vol", "volume"]);

/** The words and numbers in a name: `img0001` and `tr_mask` have two each. */
function wordsOf(name: string): string[] {
  return fileStem(name)
    .normalize("NFC")
    .toLowerCase()
    .split(/[_\-. ]+|(?<=\p{L})(?=\d)|(?<=\d)(?=\p{L})/u)
    .filter((word) => word !== "");
}

/** Whether a file is a mask, judging by its name. */
export function isMaskName(name: string): boolean {
  return wordsOf(name).some((word) => MASK_WORDS.has(word));
}

/** A name's keys, from the whole stem to what is left without words for images and masks. */
interface NameKeys {
  readonly stem: string;
  readonly lowerCase: string;
  readonly withoutMask: string;
  readonly withoutLastImage: string;
  readonly withoutBoth: string;
}

function keysOf(name: string): NameKeys {
  const stem = fileStem(name).normalize("NFC");
  // nnU-Net's images end in their channel's number; labels do not.
  const words = wordsOf(name.replace(/_0000(?=\.)/, "")).filter((word) => !MASK_WORDS.has(word));
  const last = words.findLastIndex((word) => IMAGE_WORDS.has(word));
  return {
    stem,
    lowerCase: stem.toLowerCase(),
    withoutMask: words.join(" "),
    withoutLastImage: words.filter((_, index) => index !== last).join(" "),
    withoutBoth: words.filter((word) => !IMAGE_WORDS.has(word)).join(" "),
  };
}

/** Rules by which two names belong together, the most certain first. */
const RULES: readonly ((one: NameKeys, other: NameKeys) => boolean)[] = [
  (one, other) => one.stem === other.stem,
  (one, other) => one.lowerCase === other.lowerCase,
  (one, other) => one.withoutMask === other.withoutMask && one.withoutMask !== "",
  (one, other) => one.withoutLastImage === other.withoutMask,
  (one, other) => one.withoutMask === other.withoutLastImage,
  (one, other) => one.withoutBoth === other.withoutBoth,
];

/** For each of `others`, the `names` that it belongs to by the most certain rule that finds any. */
function matches(names: readonly string[], others: readonly string[]): Map<string, string[]> {
  const keys = names.map((name) => ({ name, keys: keysOf(name) }));
  return new Map(
    others.map((other) => {
      const own = keysOf(other);
      const found = RULES.map((rule) => keys.filter((one) => rule(one.keys, own)));
      return [other, (found.find((list) => list.length > 0) ?? []).map(({ name }) => name)];
    }),
  );
}

/** Where the files of a pairing lie and what they are, for error messages. */
export interface PairingPlace {
  /** The full path of one of `names`, and of one of `others`. */
  readonly pathOf: (name: string) => string;
  readonly otherPathOf: (name: string) => string;
  /** What a name is: `image`, `truth`. */
  readonly kind: string;
  /** What the other is: `mask`, `prediction`. */
  readonly otherKind: string;
}

/**
 * Pairs files by name: the same stem, whatever its Unicode form and case, or the same apart from words
 * such as `im`, `ct`, `mask` and `seg`.
 *
 * @param names the images' names
 * @param others the masks' names
 * @returns the partner of each of `names`; `null` if it has none
 * @throws DataError if one of `others` belongs to none or several of `names`, or two belong to one
 */
export function pairByName(
  names: readonly string[],
  others: readonly string[],
  { pathOf, otherPathOf, kind, otherKind }: PairingPlace,
): Map<string, string | null> {
  const pairs = new Map<string, string | null>(names.map((name) => [name, null]));
  const matched = matches(names, others);
  const alone = [...matched].filter(([, found]) => found.length === 0).map(([other]) => other);
  if (alone.length > 0) {
    const [first, ...more] = alone;
    throw new DataError({
      where: otherPathOf(first),
      expected: `${article(kind)} of the same name, such as scan.nii.gz beside scan_mask.nii.gz`,
      got:
        (names.length === 0 ? `${otherKind}s only` : listed(names)) +
        (more.length === 0 ? "" : `; likewise for ${listed(more)}`),
      remedy: `Add the ${kind}, give the pair matching names, or remove this ${otherKind}`,
    });
  }
  for (const [other, found] of matched) {
    if (found.length > 1) {
      throw new DataError({
        where: otherPathOf(other),
        expected: `one ${kind} that it belongs to`,
        got: `${found.length}: ${listed(found)}`,
        remedy: `Name the ${otherKind} like its ${kind}, with one more word such as mask`,
      });
    }
    const [name] = found;
    const before = pairs.get(name) ?? null;
    if (before !== null) throw ambiguousPair(pathOf(name), otherKind, [before, other]);
    pairs.set(name, other);
  }
  return pairs;
}

/**
 * The mask of one image among the files of its folder; `null` if there is none. Problems with other
 * pairs are ignored.
 *
 * @throws DataError for two masks
 */
export function maskOf(
  name: string,
  names: readonly string[],
  others: readonly string[],
  pathOf: (name: string) => string,
): string | null {
  const own = [...matches(names, others)].flatMap(([other, found]) =>
    found.includes(name) ? [other] : [],
  );
  if (own.length > 1) throw ambiguousPair(pathOf(name), "mask", own);
  return own[0] ?? null;
}

function ambiguousPair(path: string, otherKind: string, found: readonly string[]): DataError {
  return new DataError({
    where: path,
    expected: `one ${otherKind}`,
    got: found.join(" and "),
    remedy: "Remove one of them",
  });
}

/** The first five names, and how many more there are. */
export function listed(names: readonly string[]): string {
  const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
  return `${names.slice(0, 5).join(", ")}${more}`;
}

function article(word: string): string {
  return /^[aeiou]/.test(word) ? `an ${word}` : `a ${word}`;
}
