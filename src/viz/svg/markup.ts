import { escapeHtml } from "../../display/html";

/** How a picture gets its colours. */
export interface Theme {
  readonly text: string;
  readonly grid: string;
  /** `null` leaves the page's own background. */
  readonly background: string | null;
}

/** Stands alone: on white, whatever the page. */
export const LIGHT: Theme = { text: "#333333", grid: "#e3e3e3", background: "#ffffff" };

/** Stands inside a page and takes its colours, light or dark. */
export const INHERIT: Theme = {
  text: "currentColor",
  grid: "var(--layerbook-grid, #8884)",
  background: null,
};

export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

/** A pixel position, short and the same on every machine. */
export function px(value: number): string {
  return String(Math.round(value * 100) / 100);
}

type Attributes = Readonly<Record<string, string | number | null | undefined>>;

/** An SVG element; attributes that are `null` or `undefined` are left out. */
export function tag(name: string, attributes: Attributes, content = ""): string {
  const text = Object.entries(attributes)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => {
      const shown = typeof value === "number" ? px(value) : String(value);
      return ` ${key}="${escapeHtml(shown)}"`;
    })
    .join("");
  return content === "" ? `<${name}${text}/>` : `<${name}${text}>${content}</${name}>`;
}

/** Text that may hold plotly's `<b>` and `<br>`; everything else is shown as it stands. */
export function svgText(text: string, attributes: Attributes): string {
  const lines = text.split(/<br\s*\/?>/);
  const isBold = /^<b>.*<\/b>$/s.test(text);
  const clean = (line: string): string => escapeHtml(line.replace(/<\/?(b|i|sub|sup)>/g, ""));
  const content =
    lines.length === 1
      ? clean(text)
      : lines
          .map((line, i) =>
            tag("tspan", { x: attributes["x"], dy: i === 0 ? 0 : "1.2em" }, clean(line)),
          )
          .join("");
  return tag("text", { ...attributes, "font-weight": isBold ? "bold" : undefined }, content);
}

/** About how wide a text is, in pixels. */
export function textWidth(text: string, fontSize: number): number {
  return text.replace(/<[^>]*>/g, "").length * fontSize * 0.56;
}
