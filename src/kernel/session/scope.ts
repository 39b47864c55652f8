/** The variables of a session: what cells export, each cell seeing the newest. */
export class SessionScope {
  readonly #values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  #defined = new Set<string>();
  /** What {@link provide} gave and no cell has replaced; a name is here before its value is. */
  readonly #provided = new Map<string, unknown>();
  /** What cells know as `exports`, and what `require` of an earlier cell gives. */
  readonly exports: object;

  constructor() {
    this.exports = new Proxy(this.#values, {
      set: (target, name, value: unknown) => {
        target[name as string] = value;
        this.#defined.add(String(name));
        return true;
      },
      // TypeScript defines re-exported imports by a getter, once and for all; a later cell may
      // give the name another meaning.
      defineProperty: (target, name, descriptor) => {
        if (name === "__esModule") return true;
        const value: unknown =
          descriptor.get === undefined ? descriptor.value : descriptor.get.call(target);
        target[name as string] = value;
        this.#defined.add(String(name));
        return true;
      },
    });
  }

  /**
   * Gives names that no cell has defined.
   *
   * @param load gives their values; called when one of them is first read
   * @param there values that need no loading
   */
  provide(
    names: Iterable<string>,
    load: () => Readonly<Record<string, unknown>>,
    there: Readonly<Record<string, unknown>> = {},
  ): void {
    const take = (name: string, value: unknown): void => {
      this.#provided.set(name, value);
      Object.defineProperty(this.#values, name, dataProperty(value));
    };
    const isWaiting = (name: string): boolean =>
      isLazy(Object.getOwnPropertyDescriptor(this.#values, name) ?? {});
    const waiting: string[] = [];
    for (const name of names) {
      if (name in there) take(name, there[name]);
      else waiting.push(name);
    }
    const loadAll = (): void => {
      const values = load();
      for (const name of waiting) if (isWaiting(name)) take(name, values[name]);
    };
    for (const name of waiting) {
      this.#provided.set(name, undefined);
      Object.defineProperty(this.#values, name, {
        configurable: true,
        enumerable: true,
        get: () => {
          loadAll();
          return this.#values[name];
        },
        // A cell's own meaning of the name needs no value of ours.
        set: (value: unknown) =>
          void Object.defineProperty(this.#values, name, dataProperty(value)),
      });
    }
  }

  /** What cells have defined, by name. */
  variables(): Readonly<Record<string, unknown>> {
    const own = Object.entries(Object.getOwnPropertyDescriptors(this.#values)).filter(
      ([name, descriptor]) =>
        !isLazy(descriptor) &&
        (!this.#provided.has(name) || this.#provided.get(name) !== (descriptor.value as unknown)),
    );
    return Object.fromEntries(own.map(([name, { value }]) => [name, value as unknown]));
  }

  /** Starts noting which names are defined. */
  beginCell(): void {
    this.#defined = new Set();
  }

  /** Whether the running cell has defined a name, or an earlier cell had. */
  has(name: string): boolean {
    return name in this.#values;
  }

  /** Whether a name got a value since {@link beginCell}. */
  definedInCell(name: string): boolean {
    return this.#defined.has(name);
  }
}

/** Whether a value is still to be loaded. */
function isLazy(descriptor: PropertyDescriptor): boolean {
  return descriptor.get !== undefined;
}

function dataProperty(value: unknown): PropertyDescriptor {
  return { value, configurable: true, enumerable: true, writable: true };
}
