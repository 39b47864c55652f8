import { px, tag } from "./markup";

/** A line with caps from one value to another, at a position on the other axis. */
export function whisker(
  at: number,
  from: number,
  to: number,
  isHorizontal: boolean,
  colour: string,
): string {
  const cap = 4;
  const d = isHorizontal
    ? `M${px(from)} ${px(at)}H${px(to)}M${px(from)} ${px(at - cap)}V${px(at + cap)}M${px(to)} ${px(at - cap)}V${px(at + cap)}`
    : `M${px(at)} ${px(from)}V${px(to)}M${px(at - cap)} ${px(from)}H${px(at + cap)}M${px(at - cap)} ${px(to)}H${px(at + cap)}`;
  return tag("path", { d, fill: "none", stroke: colour, "stroke-width": 1.4 });
}
