/** Leaves out what a configuration sets to `null`, which `fit` and the optimizers take as absent. */
export function withoutNull<T extends object>(settings: T): WithoutNull<T> {
  const entries = Object.entries(settings).filter(([, value]) => value !== null);
  return Object.fromEntries(entries) as WithoutNull<T>;
}

type WithoutNull<T> = { [K in keyof T as null extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as null extends T[K] ? K : never]?: NonNullable<T[K]>;
};
