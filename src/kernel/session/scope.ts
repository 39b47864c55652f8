/** The variables of a session: what cells export; each cell sees the newest values. */
export class SessionScope {
  readonly #values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  #defined = new Set<string>();
  /** Names from {@link provide} that no cell has redefined; a name is listed before its value is loaded. */
  readonly #provided = new Map<string, unknown>();
  /** The object that cells use as `exports`, and that `require` of an earlier cell returns. */
  readonly exports: object;

  constructor() {
    this.exports = new Proxy(this.#values, {
      set: (target, name, value: unknown) => {
        target[name as string] = value;
        this.#defined.add(String(name));
        return true;
      },
      // TypeScript defines re-exported imports by a getter that cannot be redefined; a later cell may
      // redefine the name.
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
   * Provides names that no cell has defined.
   *
   * @param load returns their values; called when one of them is first read
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
        // If a cell defines the name itself, the provided value is not needed.
        set: (value: unknown) =>
          void Object.defineProperty(this.#values, name, dataProperty(value)),
      });
    }
  }

  /** The names that cells have defined, with their values. */
  variables(): Readonly<Record<string, unknown>> {
    const own = Object.entries(Object.getOwnPropertyDescriptors(this.#values)).filter(
      ([name, descriptor]) =>
        !isLazy(descriptor) &&
        (!this.#provided.has(name) || this.#provided.get(name) !== (descriptor.value as unknown)),
    );
    return Object.fromEntries(own.map(([name, { value }]) => [name, value as unknown]));
  }

  /** Starts recording which names are defined. */
  beginCell(): void {
    this.#defined = new Set();
  }

  /** Whether the running cell or an earlier one has defined a name. */
  has(name: string): boolean {
    return name in this.#values;
  }

  /** Whether a name was assigned since {@link beginCell}. */
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
