import type { Runtime } from "node:inspector";
import type { InspectorClient } from "./inspectorClient";

/** A variable as defined by the Debug Adapter Protocol. */
interface Variable {
  readonly name: string;
  readonly value: string;
  /** The reference used to request its own entries; 0 if it has none. */
  readonly variablesReference: number;
  readonly evaluateName?: string;
}

/** How many entries of an array are listed: a tensor's values would fill the pane. */
const MAX_LISTED = 200;

/** Names added by the compiler and the kernel. */
const INTERNAL = /^(exports|require|arguments|__layerbook|__cell_.*|\[\[.*\]\])$/;

/** The longest text of a value; a longer one is cut. */
const MAX_TEXT = 10_000;

/**
 * The keys of a `Map` by unique names: objects as keys all have the same text, some have none, and
 * 1 and "1" have the same.
 */
const KEYS = `(map) => {
  const keys = new Map();
  let index = 0;
  for (const key of map.keys()) {
    if (keys.size === ${MAX_LISTED}) break;
    const text = Object(key) === key ? "key " + index : String(key);
    keys.set(keys.has(text) ? text + " (" + typeof key + ", " + index + ")" : text, key);
    index++;
  }
  return keys;
}`;

/**
 * Lists a collection's entries as properties, since the inspector can only list properties, and cuts
 * what has too many. It calls no getters of the user's.
 */
const ENTRIES = `function () {
  if (this instanceof Map) {
    return Object.fromEntries([...(${KEYS})(this)].map(([name, key]) => [name, this.get(key)]));
  }
  if (this instanceof Set) return [...this].slice(0, ${MAX_LISTED});
  const isList = Array.isArray(this) || ArrayBuffer.isView(this);
  const names = isList ? [] : Reflect.ownKeys(this);
  if (isList ? !(this.length > ${MAX_LISTED}) : names.length <= ${MAX_LISTED}) return this;
  if (isList) return { ...Array.prototype.slice.call(this, 0, ${MAX_LISTED}), length: this.length };
  const listed = {};
  for (const name of names.slice(0, ${MAX_LISTED})) {
    Object.defineProperty(listed, name, Object.getOwnPropertyDescriptor(this, name));
  }
  return Object.assign(listed, { "…": names.length - ${MAX_LISTED} + " more" });
}`;

type PropertyPreview = Runtime.PropertyPreview;

function previewText({ type, subtype, value }: PropertyPreview): string {
  if (type === "string") return JSON.stringify(value ?? "");
  if (type === "function") return "function";
  return subtype === "null" ? "null" : (value ?? type);
}

/** A value as one line of readable text. */
function valueText(object: Runtime.RemoteObject): string {
  const text = wholeText(object);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

function wholeText(object: Runtime.RemoteObject): string {
  const { type, subtype, unserializableValue, description = "", preview } = object;
  const value: unknown = object.value;
  if (unserializableValue !== undefined) return unserializableValue;
  if (type === "string") return JSON.stringify(value);
  if (type === "undefined" || subtype === "null") return subtype ?? "undefined";
  if (type === "function") return description.split("\n")[0] ?? "function";
  if (type !== "object") return description || String(value);
  if (subtype === "error") return description.split("\n")[0] ?? "Error";
  if (preview === undefined || subtype === "date" || subtype === "regexp") return description;
  const more = preview.overflow ? ", …" : "";
  if (preview.entries !== undefined) {
    const entries = preview.entries.map(({ key, value: each }) => {
      const text = each.description ?? each.type;
      return key === undefined ? text : `${key.description ?? key.type} => ${text}`;
    });
    return `${description} {${entries.join(", ")}${more}}`;
  }
  const texts = preview.properties.map((each) =>
    subtype === "array" || subtype === "typedarray"
      ? previewText(each)
      : `${each.name}: ${previewText(each)}`,
  );
  const list = `${texts.join(", ")}${more}`;
  if (subtype === "array" || subtype === "typedarray") return `${description} [${list}]`;
  return description === "Object" ? `{${list}}` : `${description} {${list}}`;
}

/** A value's type: its class name if it has one. */
export function typeText({ type, subtype, className }: Runtime.RemoteObject): string {
  return subtype === "null" ? "null" : type === "object" ? (className ?? type) : type;
}

/** Writes an entry listed by {@link ENTRIES}. */
const WRITE = `function (name, value) {
  if (this instanceof Map) {
    this.set((${KEYS})(this).get(name), value);
  } else if (this instanceof Set) {
    throw new TypeError("the entries of a Set cannot be changed");
  } else {
    const isFrozen = Object.isFrozen(this) || Object.getOwnPropertyDescriptor(this, name)?.writable === false;
    if (isFrozen) throw new TypeError(name + " cannot be changed");
    this[name] = value;
  }
  return this instanceof Map ? value : this[name];
}`;

/** Where an expression is evaluated: in a stopped frame, or in the global scope. */
export interface EvaluationScope {
  readonly callFrameId: string | null;
}

/** What a reference stands for: objects whose properties are listed together, for example scopes. */
interface ListedObjects {
  readonly objects: readonly string[];
  /** A proxy is listed by its target, without a call of its traps. */
  readonly isProxy: boolean;
  /** `null` if the objects are not scopes. */
  readonly scope: EvaluationScope | null;
}

/** The variables that a frontend may request, by number, until the cells' thread continues. */
export class Variables {
  readonly #client: InspectorClient;
  readonly #held = new Map<number, ListedObjects>();
  /** Numbers are never reused, so an old one finds nothing. */
  #next = 1;

  constructor(client: InspectorClient) {
    this.#client = client;
  }

  /** Assigns a number to objects that are listed together; internal names are left out of scopes. */
  hold(objects: readonly string[], scope: EvaluationScope | null, isProxy = false): number {
    const reference = this.#next++;
    this.#held.set(reference, { objects, scope, isProxy });
    return reference;
  }

  /** Forgets all numbers: the objects may have changed. */
  clear(): void {
    this.#held.clear();
  }

  /**
   * A value as a variable. It has no `type`: JupyterLab's tree would show a type other than Python's
   * in place of the value, and the value already names its class.
   */
  describe(name: string, object: Runtime.RemoteObject): Variable {
    const { objectId, type, subtype } = object;
    const variablesReference =
      objectId === undefined || type === "function"
        ? 0
        : this.hold([objectId], null, subtype === "proxy");
    return { name, value: valueText(object), variablesReference };
  }

  /** The entries behind a reference; none if the reference is no longer valid. */
  async list(reference: number): Promise<Variable[]> {
    const held = this.#held.get(reference);
    if (held === undefined) return [];
    const seen = new Set<string>();
    const variables: Variable[] = [];
    for (const objectId of held.objects) {
      for (const { name, value, get } of await this.#properties(objectId, held)) {
        // An inner scope's name hides an outer one's.
        if (seen.has(name) || (held.scope !== null && INTERNAL.test(name))) continue;
        seen.add(name);
        if (value !== undefined) variables.push(this.describe(name, value));
        else if (get !== undefined) {
          variables.push({
            name,
            value: "(computed when read)",
            variablesReference: 0,
          });
        }
      }
    }
    return variables;
  }

  /**
   * Assigns a new value to a variable.
   *
   * @param reference the reference that listed it
   * @param value a JavaScript expression, which may use the names of all cells
   * @param callFrameId the stack frame to evaluate the expression in
   * @returns the updated variable
   * @throws EvaluationError with what the expression or the assignment threw
   */
  async assign(
    reference: number,
    name: string,
    value: string,
    callFrameId: string | null,
  ): Promise<Variable> {
    const held = this.#held.get(reference);
    if (held === undefined) throw new Error(`${name}: the cell has continued since it was listed`);
    const { objects, scope } = held;
    if (scope !== null) {
      const assignment = `${variableName(name)} = (${value}\n)`;
      return this.describe(name, await this.#client.evaluate(assignment, scope.callFrameId));
    }
    const [objectId = ""] = objects;
    const given = await this.#client.evaluate(`(${value}\n)`, callFrameId);
    return this.describe(name, await this.#client.call(objectId, WRITE, [{ value: name }, given]));
  }

  async #properties(
    objectId: string,
    { scope, isProxy }: Omit<ListedObjects, "objects">,
  ): Promise<Runtime.PropertyDescriptor[]> {
    let listed: string | undefined = objectId;
    if (scope === null && !isProxy) {
      // An object that throws here, such as one with a broken iterator, is listed as it is.
      const entries = await this.#client.call(objectId, ENTRIES, []).catch(() => null);
      listed = entries?.objectId;
    }
    const { result, internalProperties } = await this.#client.post<Runtime.GetPropertiesReturnType>(
      "Runtime.getProperties",
      { objectId: listed ?? objectId, ownProperties: true, generatePreview: true },
    );
    if (isProxy) {
      const target = internalProperties?.find(({ name }) => name === "[[Target]]")?.value;
      if (target?.objectId === undefined) return [];
      return this.#properties(target.objectId, { scope, isProxy: target.subtype === "proxy" });
    }
    return result.filter(({ name }) => name !== "__proto__");
  }
}

/** @throws Error if the name cannot be assigned to */
export function variableName(name: string): string {
  if (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) return name;
  throw new Error(`${name}: expected a variable's name`);
}
