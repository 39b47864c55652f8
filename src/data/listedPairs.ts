import { basename, dirname, join, resolve } from "node:path";
import { DataError } from "../core/errors";
import { listFolder, pathKind } from "../files/readFiles";
import type { DatasetDescription } from "./datasetJson";
import { baseName } from "./fileNames";
import { warnOfLeftOut } from "./folderKind";
import { listed } from "./pairing";

/** The paths of an image and its mask. */
export interface FilePair {
  readonly image: string;
  readonly mask: string | null;
}

/**
 * The files of the cases listed in a `dataset.json`. Other files in the same folders are listed on stderr.
 *
 * @returns `null` if it lists none
 * @throws DataError for listed files that are missing or images that are listed twice
 */
export async function listedPairs(
  folder: string,
  description: DatasetDescription | null,
): Promise<FilePair[] | null> {
  if (description === null || description.training === null) return null;
  const { path, training } = description;
  const names = training.flatMap(({ image, label }) => [image, label]);
  const found = await findListed(path, folder, names);
  const pairs = training.map((_, i) => ({ image: found[2 * i], mask: found[2 * i + 1] }));
  rejectDuplicates(
    path,
    pairs.map(({ image }) => image),
  );
  await warnOfUnlisted(found);
  return pairs;
}

/** As {@link listedPairs}, but for the masks only; the images may be missing. */
export async function listedMasks(
  folder: string,
  description: DatasetDescription | null,
): Promise<string[] | null> {
  if (description === null || description.training === null) return null;
  const { path, training } = description;
  const found = await findListed(
    path,
    folder,
    training.map(({ label }) => label),
  );
  rejectDuplicates(path, found);
  await warnOfUnlisted(found);
  return found;
}

/** Finds the listed files. */
async function findListed(
  list: string,
  folder: string,
  names: readonly string[],
): Promise<string[]> {
  const found = await Promise.all(names.map((name) => findFile(resolve(folder, name))));
  const missing = names.filter((_, i) => found[i] === null);
  if (missing.length > 0) {
    throw new DataError({
      where: list,
      expected: "the files of its training cases",
      got: `none named ${listed(missing)}`,
      remedy: "Add them, or remove their cases from the list",
    });
  }
  return found.filter((path) => path !== null);
}

/** Finds a file by name, as nnU-Net's first channel (`_0000`), or with accents in another Unicode form. */
async function findFile(path: string): Promise<string | null> {
  for (const one of [path, path.replace(/(\.nii(\.gz)?|\.[^./\\]+)$/i, "_0000$1")]) {
    if ((await pathKind(one)) === "file") return one;
  }
  const folder = dirname(path);
  if ((await pathKind(folder)) !== "folder") return null;
  const wanted = basename(path).normalize("NFC");
  const name = (await listFolder(folder)).find((one) => one.normalize("NFC") === wanted);
  return name === undefined ? null : join(folder, name);
}

function rejectDuplicates(list: string, paths: readonly string[]): void {
  const twice = paths.find((path, i) => paths.indexOf(path) < i);
  if (twice === undefined) return;
  throw new DataError({
    where: list,
    expected: "each training case once",
    got: `${baseName(twice)} twice`,
    remedy: "Remove one of them from the list",
  });
}

async function warnOfUnlisted(paths: readonly string[]): Promise<void> {
  const taken = new Set(paths);
  for (const folder of new Set(paths.map((path) => dirname(path)))) {
    const others = (await listFolder(folder)).filter((name) => !taken.has(join(folder, name)));
    const what = "not in the list of dataset.json";
    warnOfLeftOut(
      folder,
      others.map((name) => ({ path: join(folder, name), what })),
    );
  }
}
