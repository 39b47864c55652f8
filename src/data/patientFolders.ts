import { basename, dirname, join } from "node:path";
import { DataError } from "../core/errors";
import { walkFolder } from "../files/walkFolder";
import { dicomFileOf } from "./dicom/chooseSeries";
import { readDicomHead } from "./dicom/dicomFolder";
import { Fields } from "./dicom/fields";
import { foldersWithScans, warnOfLeftOut } from "./folderKind";
import { listed } from "./pairing";

/** One patient's folder. */
export interface PatientFolder {
  readonly name: string;
  /** The patient: the folder's name, or the name of another folder with the same PatientID. */
  readonly group: string;
}

/** What the folders in a folder without scans of its own contain. */
export type InnerFolders =
  | { readonly kind: "none" }
  /** Series of one patient, from one or several studies. */
  | { readonly kind: "study" }
  | { readonly kind: "patients"; readonly patients: readonly PatientFolder[] };

/** Names of folders that hold the parts of a split, not patients. */
const SPLIT_WORDS = new Set(["train", "training", "val", "valid", "validation", "test", "testing"]);

/** Whose scans a folder holds, according to DICOM. */
interface Identity {
  readonly name: string;
  readonly hasDicom: boolean;
  readonly studies: ReadonlySet<string>;
  readonly patientIds: ReadonlySet<string>;
}

/**
 * Tells a folder of patients' folders from the folder of a single patient with a folder per series, by
 * their DICOM files; a folder of other files is one patient's. What is left out is listed on stderr.
 *
 * @throws DataError if only some of the folders belong to one study
 */
export async function innerFolders(
  folder: string,
  folders: readonly string[],
): Promise<InnerFolders> {
  const names = (await foldersWithScans(folder, folders)).map(({ path }) => basename(path));
  if (names.length === 0) return { kind: "none" };
  if (names.length > 1 && names.every((name) => SPLIT_WORDS.has(name.toLowerCase()))) {
    throw new DataError({
      where: folder,
      expected: "one data set, or a folder for each patient",
      got: `parts of a split: ${names.join(", ")}`,
      remedy: "Name the part to read",
    });
  }
  const looked: Identity[] = [];
  for (const name of names) looked.push(await identityOf(folder, name));
  const withDicom = looked.filter((one) => one.hasDicom);
  const identities = withDicom.length > 0 ? withDicom : looked;
  const isTaken = (name: string): boolean => identities.some((one) => one.name === name);
  warnOfLeftOut(
    folder,
    folders
      .filter((name) => !isTaken(name))
      .map((name) => ({
        path: join(folder, name),
        what: names.includes(name) ? "folder without DICOM images" : "folder without scans",
      })),
  );
  if (isOneStudy(folder, identities)) return { kind: "study" };
  return { kind: "patients", patients: groupByPatientId(identities) };
}

/**
 * Whether the folders are series of one study, or of several studies of one patient.
 *
 * @throws DataError if only some belong to one study
 */
function isOneStudy(folder: string, identities: readonly Identity[]): boolean {
  const [shared] = sharedStudies(identities);
  if (shared === undefined) return false;
  const isOfIt = ({ studies }: Identity): boolean => studies.has(shared);
  const isWhole = identities.every((one) => isOfIt(one) && one.studies.size === 1);
  const ids = new Set(identities.flatMap(({ patientIds }) => [...patientIds]));
  const isOnePatient =
    ids.size === 1 && identities.every(({ patientIds }) => patientIds.size === 1);
  if (isWhole || isOnePatient) return true;
  throw new DataError({
    where: folder,
    expected: "a folder for each patient, or for each series of one patient",
    got: `parts of one study in ${listed(identities.filter(isOfIt).map(({ name }) => name))}, and others`,
    remedy: "Put each patient's folders into one folder",
  });
}

/** Looks at the first DICOM file of each folder below a patient's. */
async function identityOf(folder: string, name: string): Promise<Identity> {
  const [studies, patientIds] = [new Set<string>(), new Set<string>()];
  let seen: string | null = null;
  let hasDicom = false;
  for await (const file of walkFolder(join(folder, name))) {
    const own = dirname(file);
    if (own === seen) continue;
    const head = await readDicomHead(file);
    // A DICOMDIR belongs to no patient.
    if (head === null || dicomFileOf(head).kind.kind === "other") continue;
    const fields = new Fields(head);
    const study = fields.text("study").trim();
    [seen, hasDicom] = [own, true];
    if (study !== "") studies.add(study);
    const patient = fields.text("patientId").trim();
    if (patient !== "") patientIds.add(patient);
  }
  return { name, hasDicom, studies, patientIds };
}

/** Studies that are spread over several folders. */
function sharedStudies(identities: readonly Identity[]): (string | undefined)[] {
  const counts = new Map<string, number>();
  for (const { studies } of identities) {
    for (const study of studies) counts.set(study, (counts.get(study) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count > 1).map(([study]) => study);
}

/** Folders of one patient are one group: a split must not separate them. */
function groupByPatientId(identities: readonly Identity[]): PatientFolder[] {
  const groups = new Map<string, string>();
  return identities.map(({ name, patientIds }) => {
    const known = [...patientIds].map((id) => groups.get(id)).find((group) => group !== undefined);
    const group = known ?? name;
    for (const id of patientIds) groups.set(id, groups.get(id) ?? group);
    return { name, group };
  });
}

/** Reports on stderr which folders are one patient's according to their PatientID. */
export function warnOfJoined(folder: string, patients: readonly PatientFolder[]): void {
  const joined = patients
    .filter(({ name, group }) => name !== group)
    .map(({ name, group }) => `${name} with ${group}`);
  if (joined.length === 0) return;
  console.warn(`${folder}: kept together, since they have the same PatientID: ${listed(joined)}`);
}
