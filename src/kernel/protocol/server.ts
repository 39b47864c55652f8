import { OpenComms } from "../comms/openComms";
import type { DapEvent } from "../debugger/protocol";
import type { CommFrame, SessionOutput } from "../session/channel";
import { codePointsToUnits, unitsToCodePoints } from "./codePoints";
import type { History } from "./history";
import { requestSchemas } from "./requests";
import type { Request, RequestType } from "./requests";
import type { SessionBackend } from "./sessionBackend";
import { protocolError } from "./protocolError";
import { StreamBuffer } from "./streams";
import type { Transport } from "./transport";
import { MessageFactory } from "./wire";
import type { Channel, Message } from "./wire";

/** How long a failed cell waits for the cells that the frontend sent together with it. */
const ABORT_WINDOW_MS = 20;

/** Requests that are answered at once, even on the shell channel: VS Code sends its interrupts there. */
const PROMPT_REQUESTS: ReadonlySet<string> = new Set(["interrupt_request", "shutdown_request"]);

type Content = Readonly<Record<string, unknown>>;

/** The parts of a {@link KernelServer}. */
export interface ServerParts {
  readonly transport: Transport;
  readonly backend: SessionBackend;
  readonly history: History;
  /** The reply to `kernel_info_request`, apart from its status. */
  readonly info: Content;
  /** Called once the reply to a shutdown has gone out. */
  readonly onShutdown: () => void;
}

/**
 * Jupyter's messaging protocol: takes requests one after another, runs them in the session, and sends
 * messages in the order that the protocol requires. It knows nothing about sockets or TypeScript.
 */
export class KernelServer {
  readonly #parts: ServerParts;
  readonly #factory = new MessageFactory();
  readonly #streams: StreamBuffer;
  readonly #queue: { readonly message: Message; readonly channel: Channel }[] = [];
  readonly #aborted = new Set<Message>();
  readonly #comms = new OpenComms();
  #busy = false;
  #count = 0;
  /** The cell that outputs belong to: the running one, or the last. */
  #cell: { readonly message: Message; readonly silent: boolean } | null = null;
  #resultText: string | null = null;
  /** The last debug request: the parent of debug events. */
  #debugParent: Message | null = null;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#streams = new StreamBuffer((name, text) => this.#publish("stream", { name, text }));
    parts.transport.onMessage = (channel, message) => this.#receive(channel, message);
    parts.backend.onOutput = (output) => this.#output(output);
    parts.backend.onEnd = () => this.#closeComms();
  }

  /** Announces that the kernel is starting. */
  start(): void {
    this.#publish("status", { execution_state: "starting" }, null);
  }

  #receive(channel: Channel, message: Message): void {
    if (channel === "stdin") {
      const reply = requestSchemas.input_reply.safeParse(message.content);
      if (reply.success) this.#parts.backend.input(reply.data.value);
    } else if (channel === "control" || PROMPT_REQUESTS.has(message.header.msg_type)) {
      // These must not wait for the running cell, which they may be about to stop.
      void this.#answer(channel, message);
    } else if (channel === "shell") {
      this.#queue.push({ message, channel });
      void this.#pump();
    }
  }

  async #pump(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      await this.#answer(next.channel, next.message);
    }
    this.#busy = false;
  }

  /** Handles one request between a busy and an idle status, even if it fails. */
  async #answer(channel: Channel, message: Message): Promise<void> {
    this.#publish("status", { execution_state: "busy" }, message);
    try {
      await this.#dispatch(channel, message);
    } finally {
      this.#streams.flush();
      this.#publish("status", { execution_state: "idle" }, message);
    }
    if (message.header.msg_type === "shutdown_request") this.#parts.onShutdown();
  }

  async #dispatch(channel: Channel, message: Message): Promise<void> {
    const reply = (content: Content): void => this.#reply(channel, message, content);
    const { backend, history, info } = this.#parts;
    switch (message.header.msg_type) {
      case "kernel_info_request":
        return reply({ status: "ok", ...info });
      case "execute_request": {
        if (this.#aborted.delete(message)) return reply({ status: "aborted" });
        const request = this.#check(channel, message, "execute_request");
        return request === null ? undefined : this.#execute(message, request);
      }
      case "complete_request": {
        const request = this.#check(channel, message, "complete_request");
        return request === null ? undefined : reply(await this.#complete(request));
      }
      case "inspect_request": {
        const request = this.#check(channel, message, "inspect_request");
        return request === null ? undefined : reply(await this.#inspect(request));
      }
      case "is_complete_request": {
        const request = this.#check(channel, message, "is_complete_request");
        return request === null ? undefined : reply(await this.#isComplete(request.code));
      }
      case "history_request": {
        const request = this.#check(channel, message, "history_request");
        if (request !== null) reply({ status: "ok", history: history.find(request) });
        return;
      }
      case "comm_info_request": {
        const request = this.#check(channel, message, "comm_info_request");
        if (request === null) return;
        const comms = this.#comms.info(request.target_name ?? null);
        return reply({ status: "ok", comms });
      }
      case "comm_open":
      case "comm_msg":
      case "comm_close":
        return this.#comm(message, message.header.msg_type);
      case "debug_request": {
        const request = this.#check(channel, message, "debug_request");
        if (request === null) return;
        this.#debugParent = message;
        return reply({ ...(await backend.debug(request)) });
      }
      case "interrupt_request":
        backend.interrupt();
        return reply({ status: "ok" });
      case "shutdown_request": {
        const request = this.#check(channel, message, "shutdown_request");
        const content = { status: "ok", restart: request?.restart ?? false };
        this.#closeComms(message);
        reply(content);
        this.#publish("shutdown_reply", content, message);
        return;
      }
      default:
        // An unknown request, perhaps of a newer frontend: it gets busy and idle but no reply.
        return;
    }
  }

  /** The request's content, or `null` after sending an error reply. */
  #check<T extends RequestType>(channel: Channel, message: Message, type: T): Request<T> | null {
    const result = requestSchemas[type].safeParse(message.content);
    if (result.success) return result.data as Request<T>;
    if (!type.endsWith("_request")) return null;
    const problems = result.error.issues
      .map((issue) => `${type}.${issue.path.join(".")}: ${issue.message}`)
      .join("; ");
    this.#reply(channel, message, { status: "error", ...protocolError("ProtocolError", problems) });
    return null;
  }

  async #execute(message: Message, request: Request<"execute_request">): Promise<void> {
    const { backend, history } = this.#parts;
    const { code, silent } = request;
    const stores = request.store_history && !silent;
    const started = new Date().toISOString();
    if (stores) this.#count++;
    const count = this.#count;
    const before = this.#cell;
    this.#cell = { message, silent };
    this.#resultText = null;
    if (!silent) this.#publish("execute_input", { code, execution_count: count }, message);

    const answer = await backend.execute({
      code,
      count,
      silent,
      allowStdin: request.allow_stdin,
      userExpressions: request.user_expressions ?? {},
    });
    this.#streams.flush();
    // Output of what earlier cells left running goes to those cells again.
    if (silent) this.#cell = before;
    const { error, payload, userExpressions } = answer;
    if (stores) history.add(count, code, this.#resultText);
    if (error !== null && !silent) this.#publish("error", { ...error }, message);
    if (error !== null && request.stop_on_error) await this.#abortQueued();
    const content =
      error === null
        ? { status: "ok", payload, user_expressions: userExpressions }
        : { status: "error", ...error, payload: [], user_expressions: {} };
    this.#reply("shell", message, { ...content, execution_count: count }, { started });
  }

  /**
   * Runs the handlers of a comm message as a cell would run: after the requests sent before it, with
   * their output attached to the message.
   */
  async #comm(message: Message, kind: CommFrame["kind"]): Promise<void> {
    const parsed = requestSchemas[kind].safeParse(message.content);
    // The protocol has no reply to a comm message, so the error cannot be reported.
    if (!parsed.success) return;
    const { comm_id: commId, data } = parsed.data;
    const frame: CommFrame = {
      ...{ kind, commId, data },
      target: "target_name" in parsed.data ? String(parsed.data.target_name) : "",
      metadata: message.metadata,
      buffers: message.buffers.map((bytes) => bytes.toString("base64")),
    };
    this.#comms.note(frame);
    const before = this.#cell;
    this.#cell = { message, silent: false };
    const { errors } = await this.#parts.backend.comm(frame);
    this.#streams.flush();
    this.#cell = before;
    for (const error of errors) this.#publish("error", { ...error }, message);
  }

  /** Tells the frontends that the kernel's ends of all comms are gone. */
  #closeComms(parent = this.#cell?.message ?? null): void {
    for (const id of this.#comms.clear()) {
      this.#publish("comm_close", { comm_id: id, data: {} }, parent);
    }
  }

  /** Aborts the cells that were sent together with the failed one; later ones run. */
  async #abortQueued(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ABORT_WINDOW_MS));
    for (const { message } of this.#queue) {
      if (message.header.msg_type === "execute_request") this.#aborted.add(message);
    }
  }

  async #complete(request: Request<"complete_request">): Promise<Content> {
    const { code } = request;
    const cursor = codePointsToUnits(code, request.cursor_pos);
    const { matches, start, end } = await this.#parts.backend.complete(code, cursor);
    const from = unitsToCodePoints(code, start);
    const to = unitsToCodePoints(code, end);
    return {
      status: "ok",
      matches: matches.map(({ text }) => text),
      cursor_start: from,
      cursor_end: to,
      metadata: {
        // JupyterLab shows an icon for the kind; `documentation` is our own field.
        _jupyter_types_experimental: matches.map(({ text, kind, ...rest }) => ({
          ...rest,
          text,
          type: kind,
          start: from,
          end: to,
        })),
      },
    };
  }

  async #inspect(request: Request<"inspect_request">): Promise<Content> {
    const cursor = codePointsToUnits(request.code, request.cursor_pos);
    const bundle = await this.#parts.backend.inspect(request.code, cursor);
    return { status: "ok", found: bundle !== null, data: bundle ?? {}, metadata: {} };
  }

  async #isComplete(code: string): Promise<Content> {
    const { status, indent } = await this.#parts.backend.isComplete(code);
    return status === "incomplete" ? { status, indent } : { status };
  }

  #output(output: SessionOutput): void {
    const cell = this.#cell;
    // Comm messages are not cell output, so a silent cell's are sent too.
    if (output.type === "comm") return this.#publishComm(output.frame);
    if (output.type === "debugEvent") return this.#publishDebugEvent(output.event);
    if (cell === null || cell.silent) {
      // A silent cell's output is dropped, but its input requests need an answer.
      if (output.type === "inputRequest") this.#parts.backend.input("");
      return;
    }
    if (output.type === "stream") return this.#streams.write(output.name, output.text);
    this.#streams.flush();
    switch (output.type) {
      case "display": {
        const type = output.update ? "update_display_data" : "display_data";
        const transient = output.id === null ? {} : { display_id: output.id };
        return this.#publish(type, { data: output.bundle, metadata: {}, transient });
      }
      case "result": {
        const text = output.bundle["text/plain"];
        this.#resultText = typeof text === "string" ? text : null;
        return this.#publish("execute_result", {
          execution_count: this.#count,
          data: output.bundle,
          metadata: {},
        });
      }
      case "clear":
        return this.#publish("clear_output", { wait: output.wait });
      case "inputRequest": {
        const { prompt, password } = output;
        const { identities } = cell.message;
        const message = this.#factory.create(
          "input_request",
          { prompt, password },
          cell.message,
          identities,
        );
        return this.#parts.transport.send("stdin", message);
      }
    }
  }

  #publishDebugEvent(event: DapEvent): void {
    // Send what the cell has printed before announcing the stop.
    this.#streams.flush();
    this.#publish("debug_event", { ...event }, this.#debugParent);
  }

  #publishComm(frame: CommFrame): void {
    const { kind, commId, target, data, metadata, buffers } = frame;
    this.#streams.flush();
    this.#comms.note(frame);
    const content = {
      comm_id: commId,
      ...(kind === "comm_open" ? { target_name: target } : {}),
      data,
    };
    const topic = [Buffer.from(`comm-${commId}`)];
    const parent = this.#cell?.message ?? null;
    this.#parts.transport.send("iopub", {
      ...this.#factory.create(kind, content, parent, topic, metadata),
      buffers: buffers.map((text) => Buffer.from(text, "base64")),
    });
  }

  #publish(type: string, content: Content, parent = this.#cell?.message ?? null): void {
    const topic = [Buffer.from(`kernel.${type}`)];
    this.#parts.transport.send("iopub", this.#factory.create(type, content, parent, topic));
  }

  #reply(channel: Channel, message: Message, content: Content, metadata: Content = {}): void {
    const type = message.header.msg_type.replace(/_request$/, "_reply");
    const { identities } = message;
    const reply = this.#factory.create(type, content, message, identities, metadata);
    this.#parts.transport.send(channel, reply);
  }
}
