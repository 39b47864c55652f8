import { scriptJson } from "../../display/html";

/**
 * A script that calls a function of this folder in the page. The function travels as its source
 * text, so it may use nothing but its arguments and what a browser offers.
 */
export function clientScript<A extends readonly unknown[]>(
  mount: (...args: A) => void,
  ...args: A
): string {
  const list = args.map(scriptJson).join(",");
  return `<script>(${mount.toString().replaceAll("</", "<\\/")})(${list});</script>`;
}
