import type { Answer, CommFrame, SessionOutput } from "../../../src/kernel/session/channel";
import { failure } from "../../../src/kernel/debugger/protocol";
import type { DapRequest } from "../../../src/kernel/debugger/protocol";
import { History } from "../../../src/kernel/protocol/history";
import { KernelServer } from "../../../src/kernel/protocol/server";
import type { SessionBackend } from "../../../src/kernel/protocol/sessionBackend";
import type { Transport } from "../../../src/kernel/protocol/transport";
import { MessageFactory } from "../../../src/kernel/protocol/wire";
import type { Channel, Message } from "../../../src/kernel/protocol/wire";

type Executed = Omit<Extract<Answer, { readonly type: "executed" }>, "type">;

/** One message as text: `iopub status busy`. */
export interface Sent {
  readonly channel: Channel;
  readonly message: Message;
}

/** A session whose cells end when the test ends them. */
export class FakeBackend implements SessionBackend {
  onOutput: (output: SessionOutput) => void = () => undefined;
  onEnd: () => void = () => undefined;
  readonly calls: unknown[][] = [];
  #settle: ((executed: Executed) => void) | null = null;
  #begun: (() => void) | null = null;

  execute(command: Parameters<SessionBackend["execute"]>[0]): Promise<Executed> {
    this.calls.push(["execute", command]);
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#begun?.();
    });
  }

  /** Waits until a cell runs. */
  async running(): Promise<void> {
    if (this.#settle === null) await new Promise<void>((resolve) => (this.#begun = resolve));
    this.#begun = null;
  }

  /** Ends the running cell. */
  finish(executed: Partial<Executed> = {}): void {
    const settle = this.#settle;
    this.#settle = null;
    settle?.({ error: null, userExpressions: {}, payload: [], ...executed });
  }

  complete(code: string, cursor: number): ReturnType<SessionBackend["complete"]> {
    this.calls.push(["complete", code, cursor]);
    return Promise.resolve({
      matches: [{ text: "abs", kind: "method" }],
      start: cursor - 1,
      end: cursor,
    });
  }

  inspect(): Promise<null> {
    return Promise.resolve(null);
  }

  isComplete(): ReturnType<SessionBackend["isComplete"]> {
    return Promise.resolve({ status: "incomplete", indent: "  " });
  }

  debug(request: DapRequest): ReturnType<SessionBackend["debug"]> {
    this.calls.push(["debug", request]);
    return Promise.resolve(failure(request, "no debugger here"));
  }

  comm(frame: CommFrame): ReturnType<SessionBackend["comm"]> {
    this.calls.push(["comm", frame]);
    return this.onComm(frame);
  }

  /** How the session handles a comm message. */
  onComm: SessionBackend["comm"] = () => Promise.resolve({ errors: [] });

  input(value: string): void {
    this.calls.push(["input", value]);
  }

  interrupt(): void {
    this.calls.push(["interrupt"]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A server between a fake frontend and a fake session. */
export class ServerHarness {
  readonly backend = new FakeBackend();
  readonly sent: Sent[] = [];
  readonly history = new History(null);
  shutdowns = 0;
  readonly #factory = new MessageFactory();
  readonly #transport: Transport;
  #waiting: {
    readonly isThere: (sent: Sent) => boolean;
    readonly resolve: (sent: Sent) => void;
  }[] = [];

  constructor() {
    this.#transport = {
      onMessage: () => undefined,
      send: (channel, message) => {
        const sent = { channel, message };
        this.sent.push(sent);
        const met = this.#waiting.filter(({ isThere }) => isThere(sent));
        this.#waiting = this.#waiting.filter((each) => !met.includes(each));
        for (const { resolve } of met) resolve(sent);
      },
      close: () => Promise.resolve(),
    };
    const server = new KernelServer({
      transport: this.#transport,
      backend: this.backend,
      history: this.history,
      info: { implementation: "test" },
      onShutdown: () => void this.shutdowns++,
    });
    server.start();
  }

  /** Sends a request as a frontend would; returns its id. */
  request(type: string, content: Record<string, unknown>, channel: Channel = "shell"): string {
    const message = this.#factory.create(type, content, null, [Buffer.from("frontend")]);
    this.#transport.onMessage(channel, message);
    return message.header.msg_id;
  }

  execute(code: string, options: Record<string, unknown> = {}): string {
    return this.request("execute_request", { code, ...options });
  }

  /** The message of a type that answers a request, now or later. */
  async reply(type: string, parent: string): Promise<Message> {
    const isThere = ({ message }: Sent): boolean =>
      message.header.msg_type === type && message.parentHeader?.msg_id === parent;
    const there = this.sent.find(isThere);
    if (there !== undefined) return there.message;
    const { message } = await new Promise<Sent>((resolve) =>
      this.#waiting.push({ isThere, resolve }),
    );
    return message;
  }

  /** Waits until a request has been handled. */
  async idle(parent: string): Promise<void> {
    const isThere = ({ message }: Sent): boolean =>
      message.content["execution_state"] === "idle" && message.parentHeader?.msg_id === parent;
    if (this.sent.some(isThere)) return;
    await new Promise<Sent>((resolve) => this.#waiting.push({ isThere, resolve }));
  }

  /** What was sent for a request, in order: `iopub status busy`, `shell execute_reply ok`. */
  story(parent: string): string[] {
    return this.sent
      .filter(({ message }) => message.parentHeader?.msg_id === parent)
      .map(({ channel, message: { header, content } }) => {
        const detail = content["execution_state"] ?? content["status"] ?? content["text"] ?? "";
        const text = typeof detail === "string" ? detail : JSON.stringify(detail);
        return `${channel} ${header.msg_type} ${text}`.trim();
      });
  }
}
