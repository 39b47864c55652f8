/** What a page needs to show a widget without a kernel. */
export interface WidgetPage {
  /** The widget's id, under which a saved notebook stores its last state. */
  readonly modelId: string;
  readonly esm: string;
  readonly css: string;
  readonly state: Readonly<Record<string, unknown>>;
  /** Binary values of the state, in base64. */
  readonly buffers: readonly {
    readonly path: readonly (string | number)[];
    readonly data: string;
  }[];
  readonly description: string;
}

/**
 * Shows a widget in a page without a kernel: its module runs as in a notebook, on a model stored in
 * the page. The static picture stays until the module has drawn, or if it fails.
 *
 * Embedded by its source text: it must not refer to anything outside itself.
 *
 * @param load imports a module by URL; passed in because a compiler would change an `import()` here
 */
export function mountWidget(
  id: string,
  page: WidgetPage,
  load: (url: string) => Promise<Record<string, unknown>>,
): void {
  type State = Record<string, unknown>;
  type Callback = (...args: unknown[]) => void;

  function bytes(data: string): DataView {
    return new DataView(Uint8Array.from(atob(data), (char) => char.charCodeAt(0)).buffer);
  }
  function withBuffers(state: State, buffers: WidgetPage["buffers"]): State {
    for (const { path, data } of buffers) {
      let holder = state;
      for (const key of path.slice(0, -1)) holder = holder[key] as State;
      holder[path[path.length - 1]] = bytes(data);
    }
    return state;
  }
  /** The state of this widget in a notebook that was saved or executed with widget state. */
  function savedState(): State {
    const script = document.querySelector(
      'script[type="application/vnd.jupyter.widget-state+json"]',
    );
    try {
      const { state } = JSON.parse(script?.textContent ?? "{}") as {
        state?: Record<string, { state: State; buffers?: WidgetPage["buffers"] }>;
      };
      const own = state?.[page.modelId];
      return own === undefined ? {} : withBuffers(own.state, own.buffers ?? []);
    } catch {
      return {};
    }
  }

  function createModel(state: State): object {
    const callbacks = new Map<string, Set<Callback>>();
    const emit = (event: string, ...args: unknown[]): void =>
      callbacks.get(event)?.forEach((callback) => callback(...args));
    const model = {
      get: (name: string) => state[name],
      set(name: string, value: unknown) {
        if (Object.is(state[name], value)) return;
        state[name] = value;
        emit(`change:${name}`, model, value);
        emit("change", model);
      },
      save_changes: () => undefined,
      send: () => undefined,
      on(event: string, callback: Callback) {
        for (const name of event.split(" ")) {
          callbacks.set(name, (callbacks.get(name) ?? new Set<Callback>()).add(callback));
        }
      },
      off(event?: string | null, callback?: Callback | null) {
        if (typeof event !== "string") callbacks.clear();
        else if (typeof callback !== "function") callbacks.delete(event);
        else callbacks.get(event)?.delete(callback);
      },
    };
    return model;
  }

  interface Definition {
    initialize?: (options: object) => unknown;
    render?: (options: object) => unknown;
  }

  async function show(root: Element): Promise<void> {
    const isAddress = /^https?:\/\//.test(page.esm);
    const url = isAddress
      ? page.esm
      : URL.createObjectURL(new Blob([page.esm], { type: "text/javascript" }));
    const module = await load(url);
    const exported = module.default as Definition | (() => Definition | Promise<Definition>);
    const definition =
      exported === undefined
        ? (module as Definition)
        : typeof exported === "function"
          ? await exported()
          : exported;
    const state = {
      ...withBuffers(structuredClone(page.state), page.buffers),
      ...savedState(),
    };
    const options = {
      model: createModel(state),
      signal: new AbortController().signal,
      experimental: {
        invoke: () => Promise.reject(new Error("this page has no kernel to ask")),
      },
    };
    await definition.initialize?.(options);
    const element = document.createElement("div");
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", page.description);
    const style = document.createElement("style");
    style.textContent = page.css;
    // Attached before it draws: some libraries measure the element they draw into.
    root.append(style, element);
    try {
      await definition.render?.({ ...options, el: element });
    } catch (error) {
      element.remove();
      throw error;
    }
    root.querySelector("img")?.remove();
  }

  function start(): void {
    for (const root of Array.from(document.querySelectorAll(`[data-layerbook="${id}"]`))) {
      if (root.hasAttribute("data-mounted")) continue;
      root.setAttribute("data-mounted", "");
      show(root).catch((error: unknown) => console.error("layerbook widget:", error));
    }
  }
  // The saved state is at the end of the page.
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
}
