/** The variables of a session: what cells export, each cell seeing the newest. */
export class SessionScope {
  readonly #values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  #defined = new Set<string>();
  /** What {@link provide} gave. */
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

  /** Gives names that no cell has defined. */
  provide(values: object): void {
    for (const [name, value] of Object.entries(values)) {
      this.#values[name] = value;
      this.#provided.set(name, value);
    }
  }

  /** What cells have defined, by name. */
  variables(): Readonly<Record<string, unknown>> {
    const own = Object.entries(this.#values).filter(
      ([name, value]) => !this.#provided.has(name) || this.#provided.get(name) !== value,
    );
    return Object.fromEntries(own);
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
