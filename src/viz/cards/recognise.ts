import type { ComparedCase, PlaneLike } from "../masks/caseMasks";

/** The fields of a dataset that are shown. */
export interface DatasetLike {
  readonly name: string;
  readonly classNames: readonly string[];
  readonly cases: readonly CaseLike[];
}

/** The fields of a case or a sample that are shown. */
export interface CaseLike extends ComparedCase {
  readonly group: string;
  readonly unit?: string;
  readonly augmentation?: string;
  /** The class names of its dataset, if the sample has them. */
  readonly classNames?: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

/** Whether a value is a plane of numbers. */
export function isPlane(value: unknown): value is PlaneLike {
  if (typeof value !== "object" || value === null) return false;
  const { height, width, data } = value as Json;
  return (
    typeof height === "number" &&
    typeof width === "number" &&
    ArrayBuffer.isView(data) &&
    (data as unknown as ArrayLike<number>).length === height * width
  );
}

/** Whether a value is a list of planes, such as predictions. */
export function isPlaneList(value: unknown): value is readonly PlaneLike[] {
  return Array.isArray(value) && value.length > 0 && value.every(isPlane);
}

/** Whether a value is a case or a sample. */
export function isCase(value: unknown): value is CaseLike {
  if (typeof value !== "object" || value === null) return false;
  const { id, group, image } = value as Json;
  return typeof id === "string" && typeof group === "string" && isPlane(image);
}

/** Whether a value is a list of cases or samples. */
export function isCaseList(value: unknown): value is readonly CaseLike[] {
  return Array.isArray(value) && value.length > 0 && value.every(isCase);
}

/** Whether a value is a dataset. */
export function isDataset(value: unknown): value is DatasetLike {
  if (typeof value !== "object" || value === null) return false;
  const { name, classNames, cases } = value as Json;
  return (
    typeof name === "string" &&
    Array.isArray(classNames) &&
    Array.isArray(cases) &&
    cases.every(isCase)
  );
}
