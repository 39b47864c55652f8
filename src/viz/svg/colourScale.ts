/** A colour scale: stops from 0 to 1. */
export type ColourStops = readonly (readonly [number, string])[];

/** White to dark blue: readable in print and with every type of colour vision. */
export const BLUES: ColourStops = [
  [0, "#f7fbff"],
  [0.5, "#6baed6"],
  [1, "#08306b"],
];

/** Dark violet to yellow, perceptually uniform. After Smith and van der Walt's "inferno". */
export const HEAT: ColourStops = [
  [0, "#000004"],
  [0.25, "#57106e"],
  [0.5, "#bc3754"],
  [0.75, "#f98e09"],
  [1, "#fcffa4"],
];

/** A trace's own stops, or {@link BLUES}. */
export function scaleOf(value: unknown): ColourStops {
  if (!Array.isArray(value)) return BLUES;
  const stops = value.filter(
    (stop): stop is [number, string] =>
      Array.isArray(stop) && typeof stop[0] === "number" && /^#[0-9a-f]{6}$/i.test(String(stop[1])),
  );
  return stops.length >= 2 ? stops : BLUES;
}

/** `#rrggbb` as three numbers of 0 to 255. */
export function rgbOf(hex: string): [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** Three numbers of 0 to 255 between the stops. */
export function interpolate(stops: ColourStops, share: number): [number, number, number] {
  const at = Math.min(1, Math.max(0, share));
  const next = Math.max(
    1,
    stops.findIndex(([stop], i) => i > 0 && stop >= at),
  );
  const [from, start] = stops[next - 1];
  const [to, end] = stops[next];
  const t = (at - from) / (to - from || 1);
  const [a, b] = [rgbOf(start), rgbOf(end)];
  return [0, 1, 2].map((i) => Math.round(a[i] + (b[i] - a[i]) * t)) as [number, number, number];
}

/** A function from 0..1 to a colour, and whether text on it should be light. */
export function colourScale(
  stops: ColourStops,
): (share: number) => { readonly css: string; readonly isDark: boolean } {
  return (share) => {
    const [r, g, b] = interpolate(stops, share);
    return {
      css: `#${[r, g, b].map((value) => value.toString(16).padStart(2, "0")).join("")}`,
      isDark: 0.299 * r + 0.587 * g + 0.114 * b < 140,
    };
  };
}
