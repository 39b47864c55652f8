import * as http from "node:http";
import * as https from "node:https";
import { SetupError } from "../../core/errors";

/** Whom is asked, and what to try where there is no answer. */
export interface Service {
  /** For messages: `Ray's Jobs API`. */
  readonly name: string;
  readonly url: string;
  readonly remedy: string;
}

/** A service that does not answer for this long is considered absent. */
const TIMEOUT_MS = 30_000;

/**
 * Asks a service's REST API. It uses node's own HTTP client: `fetch` sends headers of a browser,
 * which Ray refuses.
 *
 * @returns the JSON of the answer; `null` for an empty one
 * @throws SetupError when the service does not answer, or refuses
 */
export async function requestJson(
  service: Service,
  path: string,
  method: "GET" | "POST",
  body?: object,
): Promise<unknown> {
  const { name, url, remedy } = service;
  const refuse = (got: string, cause?: unknown): SetupError =>
    new SetupError({ where: `${url}${path}`, expected: `${name} to answer`, got, remedy, cause });
  const { status, text } = await send(new URL(path, url), method, body).catch((cause: unknown) => {
    throw refuse("no answer", cause);
  });
  if (status < 200 || status > 299) {
    throw refuse(`${status}: ${text.trim().split("\n").at(-1)?.slice(0, 300) ?? ""}`);
  }
  if (text === "") return null;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw refuse("something that is not JSON", cause);
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
    sent.on("timeout", () => sent.destroy(new Error("no answer in time")));
    sent.on("error", reject);
    sent.end(payload);
  });
}
