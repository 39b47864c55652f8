import { ConfigError } from "../../core/errors";

/**
 * The address of a service, or of a path below it.
 *
 * @param where the caller, for the message
 * @param text a `http://` or `https://` address, which may have a path
 * @throws ConfigError for any other text
 */
export function serviceUrl(where: string, text: string, path = ""): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    const hasScheme = /^[a-z]+:\/\//i.test(text);
    throw new ConfigError({
      where,
      expected: "an address that begins with http:// or https://",
      got: `"${text}"`,
      ...(hasScheme || text.trim() === "" ? {} : { remedy: `Write http://${text}.` }),
    });
  }
  url.pathname = `${url.pathname.replace(/\/+$/, "")}${path}`;
  return url;
}

/** An address without its password, for messages. */
export function shownUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}
