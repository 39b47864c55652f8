import { Reply, Router, XPublisher } from "zeromq";
import type { Connection } from "./requests";
import { MessageFactory, decodeMessage, encodeMessage } from "./wire";
import type { Channel, Message } from "./wire";

/** Sends and receives messages; the server knows nothing else about sockets. */
export interface Transport {
  /** Sends in order; never blocks. */
  send(channel: Channel, message: Message): void;
  /** Called for each message that arrives. */
  onMessage: (channel: Channel, message: Message) => void;
  /** Sends queued messages, then closes the sockets. */
  close(): Promise<void>;
}

/** A publisher that grants subscriptions itself, so that a frontend gets the welcome message first. */
class Publisher extends XPublisher {
  static readonly #SUBSCRIBE = 6;
  static readonly #UNSUBSCRIBE = 7;

  constructor() {
    super({ linger: 1000, sendHighWaterMark: 0, manual: true });
  }

  /** Grants or removes the subscription requested last; call it before receiving the next request. */
  grant(topic: Buffer, isWanted: boolean): void {
    this.setStringOption(isWanted ? Publisher.#SUBSCRIBE : Publisher.#UNSUBSCRIBE, topic);
  }
}

type Socket = Router | Publisher;

/** Queues sends: a socket accepts only one at a time. */
class SendQueue {
  #tail: Promise<void> = Promise.resolve();

  constructor(readonly socket: Socket) {}

  push(frames: Buffer[]): void {
    void this.run(() => this.socket.send(frames));
  }

  /** Runs a task after everything queued before it. */
  run(task: () => Promise<void>): Promise<void> {
    // A failed send, for example to a peer that left, must not block later ones.
    this.#tail = this.#tail.then(task).catch(() => undefined);
    return this.#tail;
  }

  drained(): Promise<void> {
    return this.#tail;
  }
}

const SUBSCRIBE = 1;

/**
 * Binds the kernel's five sockets.
 *
 * @throws the socket's error if a port is in use
 */
export async function bindSockets(connection: Connection): Promise<Transport> {
  const { key } = connection;
  const address = (port: number): string =>
    connection.transport === "ipc"
      ? `ipc://${connection.ip}-${port}`
      : `tcp://${connection.ip}:${port}`;
  const routers = {
    // Jupyter's frontends reuse their identity when they reconnect.
    shell: new Router({ handover: true, linger: 1000 }),
    control: new Router({ handover: true, linger: 1000 }),
    stdin: new Router({ handover: true, linger: 1000 }),
  };
  const iopub = new Publisher();
  const heartbeat = new Reply({ linger: 0 });
  await Promise.all([
    routers.shell.bind(address(connection.shell_port)),
    routers.control.bind(address(connection.control_port)),
    routers.stdin.bind(address(connection.stdin_port)),
    iopub.bind(address(connection.iopub_port)),
    heartbeat.bind(address(connection.hb_port)),
  ]);

  const queues = {
    shell: new SendQueue(routers.shell),
    control: new SendQueue(routers.control),
    stdin: new SendQueue(routers.stdin),
    iopub: new SendQueue(iopub),
  };
  const welcomes = new MessageFactory();
  const transport: Transport = {
    onMessage: () => undefined,
    send(channel, message) {
      queues[channel].push(encodeMessage(key, message));
    },
    async close() {
      await Promise.all(Object.values(queues).map((queue) => queue.drained()));
      for (const socket of [...Object.values(routers), iopub, heartbeat]) socket.close();
    },
  };

  async function serveRouter(channel: "shell" | "control" | "stdin"): Promise<void> {
    for await (const frames of routers[channel]) {
      const message = decodeMessage(key, frames);
      if (message !== null) transport.onMessage(channel, message);
    }
  }
  async function serveHeartbeat(): Promise<void> {
    for await (const frames of heartbeat) await heartbeat.send(frames);
  }
  async function serveSubscriptions(): Promise<void> {
    for await (const [frame] of iopub) {
      if (frame === undefined) continue;
      const topic = frame.subarray(1);
      const isWanted = frame[0] === SUBSCRIBE;
      const content = { subscription: topic.toString() };
      const topicOrName = topic.length > 0 ? topic : Buffer.from("iopub_welcome");
      const welcome = welcomes.create("iopub_welcome", content, null, [topicOrName]);
      await queues.iopub.run(async () => {
        iopub.grant(topic, isWanted);
        if (isWanted) await iopub.send(encodeMessage(key, welcome));
      });
    }
  }
  for (const serving of [
    serveRouter("shell"),
    serveRouter("control"),
    serveRouter("stdin"),
    serveHeartbeat(),
    serveSubscriptions(),
  ]) {
    // A loop ends when its socket closes.
    serving.catch(() => undefined);
  }
  return transport;
}
