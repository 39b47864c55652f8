import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Dealer, Request, Subscriber } from "zeromq";
import { MessageFactory, decodeMessage, encodeMessage } from "../../../src/kernel/protocol/wire";
import type { Message } from "../../../src/kernel/protocol/wire";
import { KERNEL_NODE, KERNEL_SCRIPT } from "./kernelScript";

const KEY = "a key";

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise<typeof server>((resolve) => {
        server.listen(0, "127.0.0.1", () => resolve(server));
      });
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** A cell's iopub messages in order, and its reply. */
export interface LiveRun {
  readonly published: readonly Message[];
  readonly reply: Message;
}

/** A frontend with the built kernel, started as a frontend starts it. */
export class LiveKernel {
  readonly #factory = new MessageFactory();
  // A kernel sends input requests to the identity that sent the cell.
  readonly #identity = randomUUID();
  readonly #shell = new Dealer({ routingId: this.#identity });
  readonly #control = new Dealer();
  readonly #stdin = new Dealer({ routingId: this.#identity });
  readonly #heartbeat = new Request();
  readonly #iopub = new Subscriber();
  #waiting: {
    readonly isWanted: (message: Message) => boolean;
    readonly resolve: (message: Message) => void;
  }[] = [];
  /** All that the kernel has published. */
  readonly seen: Message[] = [];

  private constructor(readonly process: ChildProcess) {}

  /** Starts a kernel; returns when it listens. */
  static async start(folder: string, env: NodeJS.ProcessEnv = {}): Promise<LiveKernel> {
    const [shell, control, stdin, iopub, heartbeat] = await freePorts(5);
    const file = join(folder, `connection-${shell}.json`);
    const connection = {
      ...{ transport: "tcp", ip: "127.0.0.1", key: KEY, signature_scheme: "hmac-sha256" },
      ...{ shell_port: shell, control_port: control, stdin_port: stdin },
      ...{ iopub_port: iopub, hb_port: heartbeat },
    };
    writeFileSync(file, JSON.stringify(connection));
    const child = spawn(KERNEL_NODE, [KERNEL_SCRIPT, file], {
      cwd: folder,
      env: { ...process.env, LAYERBOOK_HISTORY: join(folder, "history.jsonl"), ...env },
      stdio: "inherit",
    });
    const kernel = new LiveKernel(child);
    kernel.#iopub.subscribe();
    kernel.#iopub.connect(`tcp://127.0.0.1:${iopub}`);
    kernel.#shell.connect(`tcp://127.0.0.1:${shell}`);
    kernel.#control.connect(`tcp://127.0.0.1:${control}`);
    kernel.#stdin.connect(`tcp://127.0.0.1:${stdin}`);
    kernel.#heartbeat.connect(`tcp://127.0.0.1:${heartbeat}`);
    void kernel.#listen();
    await kernel.until("iopub_welcome");
    return kernel;
  }

  /** Waits for a message that was published or will be. */
  async #until(isWanted: (message: Message) => boolean): Promise<Message> {
    const there = this.seen.find(isWanted);
    return there ?? new Promise((resolve) => this.#waiting.push({ isWanted, resolve }));
  }

  /** Waits for a message of a type, now or later. */
  until(type: string, isWanted: (message: Message) => boolean = () => true): Promise<Message> {
    return this.#until((message) => message.header.msg_type === type && isWanted(message));
  }

  async #listen(): Promise<void> {
    for await (const frames of this.#iopub) {
      const message = decodeMessage(KEY, frames);
      if (message === null) continue;
      this.seen.push(message);
      const met = this.#waiting.filter(({ isWanted }) => isWanted(message));
      this.#waiting = this.#waiting.filter((each) => !met.includes(each));
      for (const { resolve } of met) resolve(message);
    }
  }

  /** Runs a cell to its end. */
  async run(code: string): Promise<LiveRun> {
    return this.request("execute_request", { code });
  }

  /** Sends a request on the shell channel; returns what was published for it, and the reply. */
  async request(type: string, content: Record<string, unknown>): Promise<LiveRun> {
    const published = await this.tell(type, content);
    return { published, reply: await this.reply() };
  }

  /** Sends a message that has no reply, such as a comm's; returns what was published for it. */
  async tell(
    type: string,
    content: Record<string, unknown>,
    buffers: readonly Buffer[] = [],
  ): Promise<readonly Message[]> {
    return this.published(await this.post(type, content, buffers));
  }

  /** Sends a message without waiting; returns its id. */
  async post(
    type: string,
    content: Record<string, unknown>,
    buffers: readonly Buffer[] = [],
    channel: "shell" | "control" = "shell",
  ): Promise<string> {
    const message = { ...this.#factory.create(type, content, null, []), buffers };
    await (channel === "shell" ? this.#shell : this.#control).send(encodeMessage(KEY, message));
    return message.header.msg_id;
  }

  /** All that was published for a message, up to its end. */
  async published(id: string): Promise<readonly Message[]> {
    const isOwn = ({ parentHeader }: Message): boolean => parentHeader?.msg_id === id;
    await this.#until((message) => isOwn(message) && message.content["execution_state"] === "idle");
    return this.seen.filter(isOwn);
  }

  /** The next reply on a channel. */
  async reply(channel: "shell" | "control" = "shell"): Promise<Message> {
    const socket = channel === "shell" ? this.#shell : this.#control;
    const reply = decodeMessage(KEY, await socket.receive());
    if (reply === null) throw new Error("the reply is not a message");
    return reply;
  }

  /** Waits for the kernel to ask for input, and answers; returns the request. */
  async answerInput(value: string): Promise<Message> {
    const asked = decodeMessage(KEY, await this.#stdin.receive());
    if (asked === null) throw new Error("the request is not a message");
    const answer = this.#factory.create("input_reply", { value }, asked, []);
    await this.#stdin.send(encodeMessage(KEY, answer));
    return asked;
  }

  /** The heartbeat's reply. */
  async beat(text: string): Promise<string> {
    await this.#heartbeat.send(text);
    const [echo] = await this.#heartbeat.receive();
    return String(echo);
  }

  /** A cell's value as text, or the name of its error if it failed. */
  async value(code: string): Promise<unknown> {
    const { published, reply } = await this.run(code);
    const result = published.find(({ header }) => header.msg_type === "execute_result");
    const data = result?.content["data"] as Readonly<Record<string, unknown>> | undefined;
    return data?.["text/plain"] ?? reply.content["ename"];
  }

  /** The process that runs the cells. */
  sessionPid(): number {
    for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const [, rest = ""] = readFileSync(`/proc/${entry}/stat`, "utf8").split(") ");
        if (Number(rest.split(" ")[1]) === this.process.pid) return Number(entry);
      } catch {
        // It has ended meanwhile.
      }
    }
    throw new Error("the kernel has no session");
  }

  /** Forgets the kernel if a test has killed it, otherwise kills it. */
  stop(): void {
    this.#shell.close();
    this.#control.close();
    this.#stdin.close();
    this.#heartbeat.close();
    this.#iopub.close();
    this.process.kill("SIGKILL");
  }
}
