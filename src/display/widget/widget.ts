import { createHash, randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { ConfigError } from "../../core/errors";
import { rejectUnknownOptions } from "../../core/unknownOptions";
import { DISPLAY, displayHost } from "../host";
import type { Comm, CommMessage, MimeBundle } from "../host";
import { PROTOCOL_VERSION, WIDGET_TARGET, addLiveWidget, removeLiveWidget } from "./liveWidgets";
import { copyValue, joinBuffers, restoreArrayType, splitBuffers } from "./state";
import { statePicture, stateText } from "./stillPicture";
import { widgetBundle } from "./widgetBundle";

type State = Record<string, unknown>;

/** Options of {@link widget}. */
export interface WidgetOptions<S extends State> {
  /**
   * The source of an ES module, or its URL (`https://…`): its default export has
   * `render({ model, el })`, as anywidget specifies.
   */
  readonly esm: string;
  /** Styles for what the module draws. */
  readonly css?: string;
  /** The state shared by both sides: JSON and bytes; default empty. */
  readonly state?: S;
  /**
   * Shown where no scripts run, such as on GitHub or in print: SVG text or the bytes of a PNG, made
   * from the state. Default: a table of the state's names and values.
   */
  readonly picture?: (state: S) => string | Uint8Array;
  /** Text for readers who cannot see the widget; default the state's names and values. */
  readonly description?: string;
}

/** A change of one value of the state. */
export interface WidgetChange<S extends State, K extends keyof S & string = keyof S & string> {
  readonly name: K;
  readonly value: S[K];
  readonly previous: S[K];
  /** Where it was changed: by code in the kernel, or in the widget's page. */
  readonly source: "kernel" | "frontend";
}

/** A widget's handlers, by event name. */
export interface WidgetEvents<S extends State> {
  /** Any value has changed; `change:NAME` reports only that value. */
  readonly change: (change: WidgetChange<S>) => unknown;
  /** The page's `model.send(content, callbacks, buffers)`. */
  readonly message: (content: unknown, buffers: readonly Uint8Array[]) => unknown;
  /** The widget was closed by either side. */
  readonly close: () => unknown;
}

/** anywidget's model in the frontend; its 0.x minor versions are not compatible with each other. */
const MODEL = {
  _model_module: "anywidget",
  _model_name: "AnyModel",
  _model_module_version: "~0.11.*",
  _view_module: "anywidget",
  _view_name: "AnyView",
  _view_module_version: "~0.11.*",
  _view_count: null,
} as const;

type Handler = (...args: never[]) => unknown;

/**
 * Calls all handlers one after another, even if one throws.
 *
 * @returns a promise if one of them is asynchronous, otherwise `null`
 * @throws what the handler threw, or an AggregateError if several did
 */
function callAll(handlers: readonly Handler[], args: readonly unknown[]): Promise<void> | null {
  const errors: unknown[] = [];
  const pending: PromiseLike<unknown>[] = [];
  for (const handler of handlers) {
    try {
      const result = handler(...(args as never[]));
      if (Object(result) === result && typeof (result as { then?: unknown }).then === "function") {
        pending.push(result as PromiseLike<unknown>);
      }
    } catch (error) {
      errors.push(error);
    }
  }
  const end = (): void => {
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} handlers failed`);
  };
  if (pending.length === 0) {
    end();
    return null;
  }
  return Promise.allSettled(pending).then((settled) => {
    for (const each of settled) if (each.status === "rejected") errors.push(each.reason);
    end();
  });
}

/**
 * A widget: a state shared by code in the kernel and a module in the notebook's page. Created by
 * {@link widget}.
 */
export class Widget<S extends State> {
  /** The id by which frontends identify it. */
  readonly id: string;
  readonly #options: WidgetOptions<S>;
  readonly #state = new Map<string, unknown>();
  readonly #handlers = new Map<string, Set<Handler>>();
  readonly #comm: Comm | null;

  constructor(options: WidgetOptions<S>) {
    rejectUnknownOptions("widget", options, ["esm", "css", "state", "picture", "description"]);
    if (typeof options.esm !== "string" || options.esm.trim() === "") {
      throw new ConfigError({
        where: "widget.esm",
        expected: "the text of an ES module, or its address",
        got: typeof options.esm === "string" ? "an empty text" : typeof options.esm,
        remedy: "A file's text is `readFileSync(path, 'utf8')`",
      });
    }
    this.#options = options;
    for (const [name, value] of Object.entries(options.state ?? {})) {
      this.#state.set(checkName(name), copyValue(`widget.state.${name}`, value));
    }
    const host = displayHost();
    this.#comm = host === null ? null : this.#open();
    this.id = this.#comm?.id ?? randomUUID();
  }

  #open(): Comm | null {
    const { state, bufferPaths, buffers } = splitBuffers(this.#wholeState());
    const comm = displayHost()?.comms.open(
      WIDGET_TARGET,
      { state, buffer_paths: bufferPaths },
      { metadata: { version: PROTOCOL_VERSION }, buffers },
    );
    if (comm === undefined) return null;
    comm.on("message", (message) => this.#receive(comm, message));
    comm.on("close", () => {
      removeLiveWidget(comm.id);
      return this.#emit("close");
    });
    addLiveWidget({ comm, wholeState: () => this.#wholeState() });
    return comm;
  }

  #wholeState(): State {
    return {
      ...MODEL,
      _esm: this.#options.esm,
      ...(this.#options.css === undefined ? {} : { _css: this.#options.css }),
      // By this id the page shares the styles among widgets of one kind.
      _anywidget_id: kindId(this.#options),
      ...Object.fromEntries(this.#state),
    };
  }

  /** A copy of the complete state. */
  get state(): S {
    return copyValue("Widget.state", Object.fromEntries(this.#state)) as S;
  }

  /** Whether a frontend can still reach it. */
  get isOpen(): boolean {
    return this.#comm?.isOpen ?? false;
  }

  /**
   * A value of the state. It is a copy; to change it, use {@link set}.
   *
   * @throws ConfigError if the state does not have this name
   */
  get<K extends keyof S & string>(name: K): S[K] {
    this.#checkKnown("Widget.get", name);
    return copyValue(name, this.#state.get(name)) as S[K];
  }

  /**
   * Sets one or several values here and in every view. Setting an equal value does nothing and calls
   * no handler.
   *
   * @throws ConfigError if the state does not have this name, or JSON cannot represent the value
   */
  set<K extends keyof S & string>(name: K, value: S[K]): void;
  set(values: Partial<S>): void;
  set(first: string | Partial<S>, value?: unknown): void {
    const given = typeof first === "string" ? { [first]: value } : first;
    const values: State = {};
    for (const [name, each] of Object.entries(given)) {
      this.#checkKnown("Widget.set", name);
      values[name] = copyValue(`Widget.set.${name}`, each);
    }
    void this.#apply(values, "kernel");
  }

  /**
   * Calls a handler when something happens: `change`, `change:NAME`, `message` or `close`.
   *
   * Handlers of messages from the frontend run like cells: after the running one has ended, one at a
   * time, an asynchronous one until its promise settles. An error in one is shown like a cell's.
   * A `change` handler is also called for changes by {@link set}, before `set` returns.
   *
   * @returns a function that removes the handler
   */
  on<E extends keyof WidgetEvents<S>>(event: E, handler: WidgetEvents<S>[E]): () => void;
  on<K extends keyof S & string>(
    event: `change:${K}`,
    handler: (change: WidgetChange<S, K>) => unknown,
  ): () => void;
  on(event: string, handler: Handler): () => void {
    if (event.startsWith("change:")) this.#checkKnown("Widget.on", event.slice("change:".length));
    else if (!["change", "message", "close"].includes(event)) {
      throw new ConfigError({
        where: "Widget.on",
        expected: "change, change:NAME, message or close",
        got: event,
      });
    }
    const handlers = this.#handlers.get(event) ?? new Set();
    this.#handlers.set(event, handlers.add(handler));
    return () => void handlers.delete(handler);
  }

  /** Sends a message to the page, which receives it with `model.on("msg:custom", …)`. */
  send(content: unknown, buffers: readonly Uint8Array[] = []): void {
    this.#comm?.send({ method: "custom", content }, { buffers });
  }

  /** Closes the widget: its views disappear; its state stays readable. */
  close(): void {
    if (this.#comm === null || !this.#comm.isOpen) return;
    removeLiveWidget(this.id);
    this.#comm.close();
    void this.#emit("close");
  }

  /** The widget as a bundle for a notebook. */
  [DISPLAY](): MimeBundle {
    const { esm, css = "", picture = statePicture } = this.#options;
    const { state } = this;
    return widgetBundle({
      ...{ modelId: this.id, esm, css, state },
      picture: picture(state),
      description: this.#options.description ?? stateText(state),
      isLive: this.isOpen,
    });
  }

  #checkKnown(where: string, name: string): void {
    if (this.#state.has(name)) return;
    throw new ConfigError({
      where,
      expected: `a key of the state: ${[...this.#state.keys()].join(", ") || "it has none"}`,
      got: JSON.stringify(name),
    });
  }

  #emit(event: string, ...args: unknown[]): Promise<void> | null {
    return callAll([...(this.#handlers.get(event) ?? [])], args);
  }

  /** Stores values, sends the frontend those it does not have, and calls the handlers. */
  #apply(values: State, source: "kernel" | "frontend"): Promise<void> | null {
    const changes = Object.entries(values)
      .map(([name, value]) => ({ name, value, previous: this.#state.get(name), source }))
      .filter(({ value, previous }) => !isDeepStrictEqual(value, previous));
    if (changes.length === 0) return null;
    for (const { name, value } of changes) this.#state.set(name, value);
    if (source === "kernel") this.#send(Object.fromEntries(changes.map((c) => [c.name, c.value])));
    const handlers = changes.flatMap((change) =>
      ["change", `change:${change.name}`].flatMap((event) =>
        [...(this.#handlers.get(event) ?? [])].map((handler) => () => {
          const [value, previous] = [change.value, change.previous].map((each) =>
            each === undefined ? undefined : copyValue(change.name, each),
          );
          return (handler as (change: object) => unknown)({ ...change, value, previous });
        }),
      ),
    );
    return callAll(handlers, []);
  }

  #send(values: State, method: "update" | "echo_update" = "update"): void {
    const { state, bufferPaths, buffers } = splitBuffers(values);
    this.#comm?.send({ method, state, buffer_paths: bufferPaths }, { buffers });
  }

  #receive(comm: Comm, { data, buffers }: CommMessage): Promise<void> | null {
    switch (data["method"]) {
      case "update": {
        const received = { ...Object(data["state"]) } as State;
        const state = joinBuffers(received, data["buffer_paths"], buffers);
        // Updates other pages, and confirms receipt to the sender.
        this.#send(state, "echo_update");
        const known = Object.entries(state).filter(([name]) => this.#state.has(name));
        const values = known.map(([name, value]) => [
          name,
          restoreArrayType(this.#state.get(name), value),
        ]);
        return this.#apply(Object.fromEntries(values) as State, "frontend");
      }
      case "request_state":
        this.#send(this.#wholeState());
        return null;
      case "custom":
        return this.#emit("message", data["content"], buffers);
      default:
        throw new ConfigError({
          where: `comm ${comm.id}`,
          expected: "update, request_state or custom",
          got: JSON.stringify(data["method"]),
        });
    }
  }
}

function kindId({ esm, css = "" }: { readonly esm: string; readonly css?: string }): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([esm, css]))
    .digest("hex");
  return `layerbook-${hash.slice(0, 16)}`;
}

function checkName(name: string): string {
  if (!name.startsWith("_")) return name;
  throw new ConfigError({
    where: `widget.state.${name}`,
    expected: "a name without a leading underscore, which the widget protocol reserves",
    got: JSON.stringify(name),
  });
}

/**
 * A two-way widget: a state shared by a cell and a module in the notebook's page. The module follows
 * anywidget: its default export has `render({ model, el })`, where `model` has `get`, `set`,
 * `save_changes`, `on` and `send`. JupyterLab needs the extension of the Python package `anywidget`,
 * which set-up installs.
 *
 * Without a kernel (in an exported page) the module runs on the state alone; without scripts a picture
 * is shown. Outside a notebook the widget only holds its state.
 *
 * @throws ConfigError for an unknown option, a state that JSON cannot represent, a missing module
 * @example
 * const slider = widget({
 *   esm: `export default {
 *     render({ model, el }) {
 *       const input = Object.assign(document.createElement("input"), { type: "range", max: 10 });
 *       const show = () => (input.value = model.get("value"));
 *       input.addEventListener("input", () => {
 *         model.set("value", Number(input.value));
 *         model.save_changes();
 *       });
 *       model.on("change:value", show);
 *       show();
 *       el.append(input);
 *     },
 *   };`,
 *   state: { value: 3 },
 * });
 * const seen: number[] = [];
 * slider.on("change:value", ({ value }) => seen.push(value));
 * slider.set("value", 7);
 * slider.get("value"); // 7
 * seen; // [7]
 * @see https://anywidget.dev, and the jupyter-widgets messaging protocol 2.1
 */
export function widget<S extends State = Record<string, never>>(
  options: WidgetOptions<S>,
): Widget<S> {
  return new Widget(options);
}
