import * as z from "zod";

/** The properties of a setting besides its type, default and range. */
export interface SettingInfo {
  /** One line of text for `--help`. */
  readonly help: string;
  /**
   * The name of its command-line flag, without dashes. Top-level settings have a flag with their own
   * name; nested settings only where this names one. All can be set with `--set path=value`.
   */
  readonly flag?: string;
  /** True if it does not affect results: it is left out of the fingerprint. */
  readonly isCosmetic?: boolean;
}

const infos = new WeakMap<z.core.$ZodType, SettingInfo>();

/** One setting: its type, default and help text. */
export function setting<S extends z.ZodType>(
  schema: S,
  fallback: z.output<S>,
  help: string,
  extra: Omit<SettingInfo, "help"> = {},
): z.ZodDefault<S> {
  const result = schema.default(fallback as never);
  infos.set(result, { help, ...extra });
  return result;
}

/** A group of settings; each keeps its own default. */
export function group<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodPrefault<z.ZodObject<z.core.util.Writeable<Shape>, z.core.$strict>> {
  return z.strictObject(shape).prefault({} as never);
}

/** A setting, found in its schema. */
export interface Leaf extends SettingInfo {
  /** `["optimizer", "learningRate"]`. */
  readonly path: readonly string[];
  readonly schema: z.core.$ZodType;
  /** The values of an enumeration; `null` for anything else. */
  readonly choices: readonly string[] | null;
  /** True for a boolean setting. */
  readonly isBoolean: boolean;
}

/** Every setting of a schema, in its order. */
export function leavesOf(schema: z.core.$ZodType, path: readonly string[] = []): Leaf[] {
  const info = infos.get(schema);
  const inner = unwrap(schema);
  if (info !== undefined) {
    const choices = inner instanceof z.ZodEnum ? inner.options.map(String) : null;
    return [{ ...info, path, schema, choices, isBoolean: inner instanceof z.ZodBoolean }];
  }
  return Object.entries(shapeOf(inner)).flatMap(([key, value]) => leavesOf(value, [...path, key]));
}

/** The nested schema at a path inside a schema; `undefined` if there is none. */
export function schemaAt(
  schema: z.core.$ZodType,
  path: readonly PropertyKey[],
): z.core.$ZodType | undefined {
  return path.reduce<z.core.$ZodType | undefined>((outer, key) => {
    const shape: z.core.$ZodShape = outer === undefined ? {} : shapeOf(unwrap(outer));
    return Object.hasOwn(shape, key) ? shape[String(key)] : undefined;
  }, schema);
}

/** The fields of an object's schema; none for other schemas. */
function shapeOf(schema: z.core.$ZodType): z.core.$ZodShape {
  return schema instanceof z.ZodObject ? schema.shape : {};
}

/** A schema without its defaults and without `null`. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  ) {
    return unwrap(schema.def.innerType);
  }
  return schema;
}

/** The value at a path inside plain data; `undefined` if there is none. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null
        ? (inner as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  );
}
