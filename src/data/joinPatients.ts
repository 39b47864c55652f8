import { DataError } from "../core/errors";
import { UNNAMED } from "./classNames";
import { labelsByName, renumber } from "./labelsByName";
import type { SliceCase, SliceDataset } from "./types";

/** The slices read from one patient's folder. */
export interface PatientSlices {
  /** The folder's name, used as a prefix of the case ids. */
  readonly name: string;
  readonly group: string;
  readonly path: string;
  readonly dataset: SliceDataset;
}

/**
 * Joins the slices of several patients into one data set: each patient is one group, and a label stands for the
 * same class throughout.
 *
 * @param name the name of the data set
 * @throws DataError if only some of the masks name their classes
 */
export function joinPatients(name: string, patients: readonly PatientSlices[]): SliceDataset {
  const [first] = patients;
  if (patients.length === 1) {
    const cases = first.dataset.cases.map((one) => named(first.name, one));
    return { ...first.dataset, name, cases };
  }
  const labelled = patients.filter(({ dataset }) => hasLabels(dataset));
  expectSameClassNames(labelled);
  const classNames = unionOf(
    (labelled.length > 0 ? labelled : patients).map(({ dataset }) => dataset),
  );
  const cases = patients.flatMap((patient) => {
    const { dataset, group, path } = patient;
    const map = hasLabels(dataset) ? labelsByName(path, dataset.classNames, classNames) : null;
    return dataset.cases.map((one): SliceCase => {
      const labels = one.labels && { ...one.labels, data: renumber(one.labels.data, map) };
      return { ...named(patient.name, one), group, labels };
    });
  });
  return { name, classNames, cases, grid: null };
}

const hasLabels = ({ cases }: SliceDataset): boolean => cases.some(({ labels }) => labels !== null);

/** Makes the id of a case unique: two patients may both have a `ct-00`. */
function named(patient: string, one: SliceCase): SliceCase {
  const isNamed = one.id === patient || one.id.startsWith(`${patient}-`);
  return isNamed ? one : { ...one, id: `${patient}-${one.id}` };
}

/** Rejects a mix of named and unnamed classes, since an unnamed class cannot be matched to a named one. */
function expectSameClassNames(patients: readonly PatientSlices[]): void {
  const unnamed = patients.find(({ dataset }) => dataset.classNames === UNNAMED);
  const other = patients.find(({ dataset }) => dataset.classNames !== UNNAMED);
  if (unnamed === undefined || other === undefined) return;
  throw new DataError({
    where: unnamed.path,
    expected: `masks that name their classes, as those of ${other.name} do`,
    got: "labels without names",
    remedy: "Name the classes by number, background first (classNames, --classes)",
  });
}

/** All class names, in order of first occurrence. */
function unionOf(datasets: readonly SliceDataset[]): readonly string[] {
  if (datasets.every(({ classNames }) => classNames === UNNAMED)) return UNNAMED;
  return [...new Set(datasets.flatMap(({ classNames }) => classNames))];
}
