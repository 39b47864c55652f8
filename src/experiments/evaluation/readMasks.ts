import { dirname, extname } from "node:path";
import { DataError } from "../../core/errors";
import type { DicomFile } from "../../data/dicom/chooseSeries";
import { isDicomFile, readDicomHead, readDicomHeads } from "../../data/dicom/dicomFolder";
import { readLabelsOn } from "../../data/dicom/readDicomLabels";
import { referencedSeries } from "../../data/dicom/segmentation/readSegmentation";
import { IS_NIFTI } from "../../data/folderLayout";
import { readMaskPng } from "../../data/images/png";
import type { LabelMap } from "../../data/labelMap";
import { labelsByName, renumber } from "../../data/labelsByName";
import { oncePerKey, warnOfPlacement } from "../../data/nifti/placementIssue";
import { readNiftiLabels } from "../../data/nifti/readNifti";
import { formatError, otherFormat } from "../../data/otherFormats";
import { CLASS_NAMES } from "../../data/types";
import type { Plane, Volume } from "../../data/types";
import { pathKind } from "../../files/readFiles";

/** Options for reading mask files. */
export interface ReadMaskOptions {
  /**
   * The folder of the DICOM series that segmentations (SEG) refer to; by default it is searched for beside
   * the segmentation and among the masks.
   */
  readonly images?: string;
  /** Which series of that folder to use, by UID or number, if a segmentation does not state it. */
  readonly series?: string;
  /** The label for each value of the masks, such as `{ 255: 1 }`; by default values are labels. */
  readonly labels?: LabelMap;
}

/** A mask file: a volume or a picture. */
export type Mask = Volume<Uint8Array> | Plane<Uint8Array>;

export const isVolume = (mask: Mask): mask is Volume<Uint8Array> => "affine" in mask;

const EXPECTED = "a mask: NIfTI (.nii, .nii.gz), PNG, or a DICOM segmentation";

/**
 * Reads the mask files of one comparison: finds the images of segmentations, and gives segments of the same name
 * the same label, whatever their numbers.
 */
export class MaskReader {
  private readonly images = new Map<string, readonly DicomFile[]>();
  private readonly onPlacementIssue = oncePerKey(({ kind }) => kind, warnOfPlacement);
  /** The segment names found so far, by label; `null` before the first. */
  private met: string[] | null = null;

  /**
   * @param given class names by label from the user or the data set
   * @param places folders of masks, which may also hold images
   */
  constructor(
    private readonly options: ReadMaskOptions,
    private readonly given: readonly string[] | null,
    private readonly places: readonly string[],
  ) {}

  /** Class names by label: those given, else those of the segments, else `null`. */
  get classNames(): readonly string[] | null {
    return this.given ?? this.met;
  }

  /** @throws DataError for an unsupported file, or one that cannot be read */
  async read(path: string): Promise<Mask> {
    const { labels } = this.options;
    const mapped = labels === undefined ? {} : { labels };
    if (IS_NIFTI.test(path)) {
      return readNiftiLabels(path, { ...mapped, onPlacementIssue: this.onPlacementIssue });
    }
    if (extname(path).toLowerCase() === ".png") return readMaskPng(path, mapped);
    if (await isDicomFile(path)) return this.readSegmentation(path);
    const format = otherFormat(path);
    if (format !== null) throw formatError(path, EXPECTED, format);
    throw new DataError({
      where: path,
      expected: EXPECTED,
      got: extname(path) === "" ? "a file without an ending" : `a ${extname(path)} file`,
      remedy: "Convert it to NIfTI or PNG",
    });
  }

  private async readSegmentation(path: string): Promise<Mask> {
    const { folder, files } = await this.imagesOf(path);
    const { series } = this.options;
    const found = await readLabelsOn(path, folder, files, series === undefined ? {} : { series });
    const { mask, classNames } = found;
    return { ...mask, data: renumber(mask.data, this.numbersOf(path, classNames)) };
  }

  /** Maps a segmentation's labels to the comparison's. */
  private numbersOf(path: string, own: readonly string[]): readonly number[] | null {
    const isAmong = (names: readonly string[]): boolean =>
      own.every((name, label) => label === 0 || names.includes(name));
    if (this.given !== null) {
      // If the user renamed the file's classes, they are matched by number.
      return isAmong(this.given) ? labelsByName(path, own, this.given) : null;
    }
    this.met ??= isAmong(CLASS_NAMES) ? [...CLASS_NAMES] : [...own];
    for (const name of own.slice(1)) if (!this.met.includes(name)) this.met.push(name);
    return labelsByName(path, own, this.met);
  }

  /** The folder of a segmentation's images, with its files. */
  private async imagesOf(
    path: string,
  ): Promise<{ readonly folder: string; readonly files: readonly DicomFile[] }> {
    const { images } = this.options;
    const head = await readDicomHead(path);
    const own = head === null ? null : referencedSeries(head);
    const places = images === undefined ? [dirname(path), ...this.places] : [images];
    for (const folder of places) {
      const files = await this.filesOf(folder);
      const isOwn = ({ kind, series }: DicomFile): boolean =>
        kind.kind === "slice" && (own === null || series === own);
      if (images !== undefined || files.some(isOwn)) return { folder, files };
    }
    throw new DataError({
      where: path,
      expected: "the images that a DICOM segmentation was made on",
      got: "none",
      remedy: "Name their folder (images, --images)",
    });
  }

  private async filesOf(folder: string): Promise<readonly DicomFile[]> {
    const known = this.images.get(folder);
    if (known !== undefined) return known;
    const isAsked = folder === this.options.images;
    const isFolder = (await pathKind(folder)) === "folder";
    const files =
      isAsked || isFolder
        ? await readDicomHeads(folder).catch((error: unknown) => {
            if (isAsked || !(error instanceof DataError)) throw error;
            return [];
          })
        : [];
    this.images.set(folder, files);
    return files;
  }
}
