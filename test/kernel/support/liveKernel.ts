import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Dealer, Subscriber } from "zeromq";
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

/** What a cell said: its iopub messages in order, and its reply. */
export interface LiveRun {
  readonly published: readonly Message[];
  readonly reply: Message;
}

/** The built kernel as a frontend starts it, and the frontend. */
export class LiveKernel {
  readonly #factory = new MessageFactory();
  readonly #shell = new Dealer();
  readonly #iopub = new Subscriber();

  private constructor(readonly process: ChildProcess) {}

  /** Starts one; returns once it listens. */
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
    await kernel.#published((message) => message.header.msg_type === "iopub_welcome");
    return kernel;
  }

  async #published(isLast: (message: Message) => boolean): Promise<Message[]> {
    const seen: Message[] = [];
    for (;;) {
      const message = decodeMessage(KEY, await this.#iopub.receive());
      if (message === null) continue;
      seen.push(message);
      if (isLast(message)) return seen;
    }
  }

  /** Runs a cell to its end. */
  async run(code: string): Promise<LiveRun> {
    const request = this.#factory.create("execute_request", { code }, null, []);
    await this.#shell.send(encodeMessage(KEY, request));
    const isOwn = ({ parentHeader }: Message): boolean =>
      parentHeader?.msg_id === request.header.msg_id;
    const all = await this.#published(
      (message) => isOwn(message) && message.content["execution_state"] === "idle",
    );
    const reply = decodeMessage(KEY, await this.#shell.receive());
    if (reply === null) throw new Error("the reply is not a message");
    return { published: all.filter(isOwn), reply };
  }

  /** A cell's value as text; its error's name where it failed. */
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

  /** Forgets the kernel, which a test has killed, or kills it. */
  stop(): void {
    this.#shell.close();
    this.#iopub.close();
    this.process.kill("SIGKILL");
  }
}
