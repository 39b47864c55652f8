import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import * as z from "zod";

/** The version of Jupyter's messaging protocol that the kernel speaks. */
export const PROTOCOL_VERSION = "5.4";

const DELIMITER = Buffer.from("<IDS|MSG>");

const headerSchema = z.looseObject({
  msg_id: z.string(),
  msg_type: z.string(),
  session: z.string(),
  username: z.string().default(""),
  date: z.string().default(""),
  version: z.string().default(PROTOCOL_VERSION),
});
const recordSchema = z.record(z.string(), z.unknown());

/** A message header, with the protocol's field names. */
export type Header = z.infer<typeof headerSchema>;

/** The four channels that carry messages; the heartbeat only echoes. */
export type Channel = "shell" | "control" | "stdin" | "iopub";

/** A message, independent of the transport. */
export interface Message {
  /** On a ROUTER socket, the sender; on iopub, the topic. */
  readonly identities: readonly Buffer[];
  readonly header: Header;
  readonly parentHeader: Header | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Buffer[];
}

function signature(key: string, parts: readonly (Buffer | string)[]): string {
  if (key === "") return "";
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

function isSignedBy(key: string, given: Buffer, parts: readonly Buffer[]): boolean {
  const wanted = Buffer.from(signature(key, parts));
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

/**
 * Reads a message from its frames.
 *
 * @param key the connection's key; empty if messages are not signed
 * @returns `null` unless it is a well-formed message with a valid signature: the kernel drops
 *   anything else, since it cannot know whom to answer
 */
export function decodeMessage(key: string, frames: readonly Buffer[]): Message | null {
  const delimiter = frames.findIndex((frame) => frame.equals(DELIMITER));
  const parts = frames.slice(delimiter + 2, delimiter + 6);
  const given = frames[delimiter + 1];
  if (delimiter < 0 || given === undefined || parts.length < 4) return null;
  if (!isSignedBy(key, given, parts)) return null;
  try {
    const [header, parent, metadata, content] = parts.map(
      (part) => JSON.parse(part.toString()) as unknown,
    );
    const parentHeader = headerSchema.safeParse(parent);
    return {
      identities: frames.slice(0, delimiter),
      header: headerSchema.parse(header),
      parentHeader: parentHeader.success ? parentHeader.data : null,
      metadata: recordSchema.parse(metadata),
      content: recordSchema.parse(content),
      buffers: frames.slice(delimiter + 6),
    };
  } catch {
    return null;
  }
}

/** Writes a message as signed frames. */
export function encodeMessage(key: string, message: Message): Buffer[] {
  const parts = [message.header, message.parentHeader ?? {}, message.metadata, message.content].map(
    (part) => Buffer.from(JSON.stringify(part)),
  );
  return [
    ...message.identities,
    DELIMITER,
    Buffer.from(signature(key, parts)),
    ...parts,
    ...message.buffers,
  ];
}

/** Makes message headers for one kernel: one session id, and a new id for each message. */
export class MessageFactory {
  readonly #session = randomUUID();

  /** A message from the kernel, in answer to `parent` if there is one. */
  create(
    type: string,
    content: Readonly<Record<string, unknown>>,
    parent: Message | null,
    identities: readonly Buffer[],
    metadata: Readonly<Record<string, unknown>> = {},
  ): Message {
    return {
      identities,
      header: {
        msg_id: randomUUID(),
        msg_type: type,
        session: this.#session,
        username: "kernel",
        date: new Date().toISOString(),
        version: PROTOCOL_VERSION,
      },
      parentHeader: parent?.header ?? null,
      metadata,
      content,
      buffers: [],
    };
  }
}
