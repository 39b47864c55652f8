import * as http from "node:http";
import * as https from "node:https";
import type * as z from "zod";
import { SetupError } from "../../core/errors";
import { serviceUrl, shownUrl } from "./serviceUrl";

/** The service, and the remedy if it does not answer. */
export interface Service {
  /** For messages: `Ray's Jobs API`. */
  readonly name: string;
  readonly url: string;
  readonly remedy: string;
}

/** The error for a service that is not available or not ready yet; a retry may succeed. */
export class ServiceUnavailable extends SetupError {
  constructor(details: ConstructorParameters<typeof SetupError>[0]) {
    super(details);
    this.name = "SetupError";
  }
}

/** A service that does not answer for this long is considered absent. */
const TIMEOUT_MS = 30_000;
const REFUSED_REMEDY = "See the log of the service for details";

/**
 * Sends a request to a service's REST API. It uses Node's HTTP client: `fetch` sends browser headers,
 * which Ray rejects.
 *
 * @param schema the schema of the response
 * @param path appended to the service's address, which may have a path itself, e.g. behind a proxy
 * @returns the response; `null` for an empty one
 * @throws ConfigError for an invalid address; SetupError if the service does not answer, answers with an
 *   error, or is another one
 */
export async function requestJson<S extends z.ZodType>(
  { name, url, remedy }: Service,
  schema: S,
  path: string,
  method: "GET" | "POST",
  body?: object,
): Promise<z.output<S>> {
  const target = serviceUrl(name, url, path);
  const where = shownUrl(target);
  const { status, text } = await send(target, method, body).catch((cause: unknown) => {
    const got = `no answer (${reasonOf(cause)})`;
    throw new ServiceUnavailable({ where, expected: `${name} to answer`, got, remedy, cause });
  });
  const value = parsed(text);
  if (status < 200 || status > 299) {
    const Refusal = status >= 500 ? ServiceUnavailable : SetupError;
    throw new Refusal({
      where,
      expected: `${name} to accept the request`,
      got: `${status}: ${refusalOf(value, text)}`,
      remedy: status === 404 ? remedy : REFUSED_REMEDY,
    });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new SetupError({
    where,
    expected: `a response from ${name}`,
    got: value === undefined ? "something that is not JSON" : "JSON from another service",
    remedy,
    cause: result.error,
  });
}

/** An error code such as `ECONNREFUSED`, or words if there is none. */
function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return code ?? message;
}

/** The error message of a service: its `message` (MLflow), or the last line of the text. */
function refusalOf(value: unknown, text: string): string {
  const { message } = (value ?? {}) as { readonly message?: unknown };
  const words =
    typeof message === "string" ? message.split("\n")[0] : text.trim().split("\n").at(-1);
  return (words ?? "").slice(0, 300);
}

/** @returns `null` for an empty text, `undefined` for one that is not JSON */
function parsed(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function send(
  url: URL,
  method: string,
  body: object | undefined,
): Promise<{ status: number; text: string }> {
  const { request } = url.protocol === "https:" ? https : http;
  const payload = body === undefined ? "" : JSON.stringify(body);
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(payload),
  };
  return new Promise((fulfil, reject) => {
    const sent = request(url, { method, headers, timeout: TIMEOUT_MS }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () =>
        fulfil({
          status: response.statusCode ?? 0,
          text: Buffer.concat(parts).toString("utf8"),
        }),
      );
    });
    sent.on("timeout", () => sent.destroy(new Error("no response in time")));
    sent.on("error", reject);
    sent.end(payload);
  });
}
