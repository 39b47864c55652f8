import { randomUUID } from "node:crypto";
import type {
  Comm,
  CommExtras,
  CommHandler,
  CommHost,
  CommMessage,
  CommTarget,
} from "../../display";
import type { CommFrame } from "../session/channel";

type Data = Readonly<Record<string, unknown>>;

/** The kernel's end of one comm. */
class SessionComm implements Comm {
  isOpen = true;
  readonly #handlers = { message: new Set<CommHandler>(), close: new Set<CommHandler>() };

  constructor(
    readonly id: string,
    readonly target: string,
    private readonly post: (kind: CommFrame["kind"], data: Data, extras: CommExtras) => void,
  ) {}

  send(data: Data, extras: CommExtras = {}): void {
    // The page may have been closed: drop the message rather than fail the cell.
    if (this.isOpen) this.post("comm_msg", data, extras);
  }

  close(data: Data = {}, extras: CommExtras = {}): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.post("comm_close", data, extras);
  }

  on(event: "message" | "close", handler: CommHandler): () => void {
    const handlers = this.#handlers[event];
    handlers.add(handler);
    return () => void handlers.delete(handler);
  }

  handlers(event: "message" | "close"): readonly CommHandler[] {
    return [...this.#handlers[event]];
  }
}

/** A handler to call; it may throw. */
export type CommTask = () => unknown;

/**
 * The comms of a session: the open ones, the targets that accept new ones, and the handlers of each
 * message. It calls no handler itself: it returns tasks, so that they can run as a cell does.
 */
export class SessionComms {
  readonly #comms = new Map<string, SessionComm>();
  readonly #targets = new Map<string, CommTarget>();
  readonly #send: (frame: CommFrame) => void;

  /** @param send sends a frame to the frontend */
  constructor(send: (frame: CommFrame) => void) {
    this.#send = send;
  }

  /** The part that cells can use. */
  readonly host: CommHost = {
    open: (target, data, extras) => {
      const comm = this.#create(randomUUID(), target);
      this.#post(comm.id, target, "comm_open", data, extras);
      return comm;
    },
    register: (target, onOpen) => {
      this.#targets.set(target, onOpen);
      return () => {
        if (this.#targets.get(target) === onOpen) this.#targets.delete(target);
      };
    },
    list: () => [...this.#comms.values()],
  };

  /**
   * The handlers to run for a frame from the frontend; none for a message of an unknown comm, or for
   * an open comm that the frontend opens again.
   */
  tasks(frame: CommFrame): readonly CommTask[] {
    const { kind, commId, target, data, metadata } = frame;
    const buffers = frame.buffers.map((text) => new Uint8Array(Buffer.from(text, "base64")));
    const message: CommMessage = { data, metadata, buffers };
    if (kind === "comm_open") {
      if (this.#comms.has(commId)) return [];
      const onOpen = this.#targets.get(target);
      const comm = this.#create(commId, target);
      if (onOpen !== undefined) return [() => onOpen(comm, message)];
      comm.close();
      return [];
    }
    const comm = this.#comms.get(commId);
    if (comm === undefined) return [];
    if (kind === "comm_close") {
      comm.isOpen = false;
      this.#comms.delete(commId);
    }
    return comm
      .handlers(kind === "comm_close" ? "close" : "message")
      .map((handler) => () => handler(message));
  }

  #create(id: string, target: string): SessionComm {
    const comm = new SessionComm(id, target, (kind, data, extras) => {
      if (kind === "comm_close") this.#comms.delete(id);
      this.#post(id, "", kind, data, extras);
    });
    this.#comms.set(id, comm);
    return comm;
  }

  #post(
    commId: string,
    target: string,
    kind: CommFrame["kind"],
    data: Data,
    { metadata = {}, buffers = [] }: CommExtras,
  ): void {
    const encoded = buffers.map((bytes) =>
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"),
    );
    this.#send({ kind, commId, target, data, metadata, buffers: encoded });
  }
}
