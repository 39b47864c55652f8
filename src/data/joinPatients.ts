import { DataError } from "../core/errors";
import { UNNAMED } from "./classNames";
import { labelsByName, renumber } from "./labelsByName";
import type { SliceCase, SliceDataset } from "./types";

/** What was read of one patient's folder. */
export interface PatientSlices {
  /** The folder's name, which the cases' ids begin with. */
  readonly name: string;
  readonly group: string;
  readonly path: string;
  readonly dataset: SliceDataset;
}

/**
 * The slices of several patients as one data set: each patient is one group, and labels stand for the same
 * classes in all.
 *
 * @param name of the data set
 * @throws DataError for masks that name their classes beside masks that do not
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

/** Ids are of one folder: two patients may both have a `ct-00`. */
function named(patient: string, one: SliceCase): SliceCase {
  const isNamed = one.id === patient || one.id.startsWith(`${patient}-`);
  return isNamed ? one : { ...one, id: `${patient}-${one.id}` };
}

/** A class without a name would become one of its own beside those that have names. */
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

/** Class names in the order in which they are met. */
function unionOf(datasets: readonly SliceDataset[]): readonly string[] {
  if (datasets.every(({ classNames }) => classNames === UNNAMED)) return UNNAMED;
  return [...new Set(datasets.flatMap(({ classNames }) => classNames))];
}
