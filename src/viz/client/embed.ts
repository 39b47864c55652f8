import { scriptJson } from "../../display/html";

/**
 * A script that calls a function of this folder in the page. The function is embedded as source text,
 * so it may use only its arguments and browser APIs; other functions of this folder are passed to it
 * in an object and embedded in the same way.
 */
export function clientScript<A extends readonly unknown[]>(
  mount: (...args: A) => void,
  ...args: A
): string {
  return `<script>(${sourceOf(mount)})(${args.map(argument).join(",")});</script>`;
}

function argument(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value as Readonly<Record<string, unknown>>);
    const functions = entries.filter(isFunctionEntry);
    if (functions.length > 0 && functions.length === entries.length) {
      return `{${functions.map(([name, each]) => `${name}:${sourceOf(each)}`).join(",")}}`;
    }
  }
  return scriptJson(value);
}

function isFunctionEntry(entry: [string, unknown]): entry is [string, (...args: never) => unknown] {
  return typeof entry[1] === "function";
}

function sourceOf(each: (...args: never) => unknown): string {
  return each.toString().replaceAll("</", "<\\/");
}
