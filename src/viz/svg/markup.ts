import { escapeHtml } from "../../display/html";

/** The colours of a picture. */
export interface Theme {
  readonly text: string;
  readonly grid: string;
  /** `null` for no background. */
  readonly background: string | null;
}

/** For a standalone picture: on white, whatever the page. */
export const LIGHT: Theme = { text: "#333333", grid: "#e3e3e3", background: "#ffffff" };

/** For a picture inside a page: uses the page's colours, light or dark. */
export const INHERIT: Theme = {
  text: "currentColor",
  grid: "var(--layerbook-grid, #8884)",
  background: null,
};

export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

/** A pixel position as text: short and the same on every machine. */
export function px(value: number): string {
  return String(Math.round(value * 100) / 100);
}

type Attributes = Readonly<Record<string, string | number | null | undefined>>;

/** An SVG element; `null` and `undefined` attributes are left out. */
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

/** Text that may contain plotly's `<b>` and `<br>`; everything else is shown literally. */
export function svgText(text: string, attributes: Attributes): string {
  const lines = text.split(LINE_BREAK);
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
  return tag("text", isBold ? { ...attributes, "font-weight": "bold" } : attributes, content);
}

const LINE_BREAK = /<br\s*\/?>/;

/** The number of lines of a text. */
export function lineCount(text: string): number {
  return text.split(LINE_BREAK).length;
}

/** The approximate width of a text's longest line, in pixels. */
export function textWidth(text: string, fontSize: number): number {
  const lengths = text.split(LINE_BREAK).map((line) => line.replace(/<[^>]*>/g, "").length);
  return Math.max(...lengths) * fontSize * 0.56;
}

/** The lines of a text, no wider than `width` pixels as far as its words allow. */
export function wrapText(text: string, width: number, fontSize: number): string[] {
  return text.split(" ").reduce<string[]>((lines, word) => {
    const longer = `${lines.at(-1) ?? ""} ${word}`.trim();
    return lines.length === 0 || textWidth(longer, fontSize) > width
      ? [...lines, word]
      : [...lines.slice(0, -1), longer];
  }, []);
}
