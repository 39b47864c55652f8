import type { PlotlyJson } from "./Figure";
import { WHISKER_COLOUR } from "./palette";

/** Makes a dark line visible on any bar and on a dark page; on white it is invisible. */
const HALO = { color: "rgba(255,255,255,0.9)", thickness: 4, width: 6 };

/**
 * Draws whiskers so that they are visible in both light and dark themes, since plotly does not know the
 * theme: each is drawn twice, as a dark line over a wider white one. Only error bars of
 * {@link WHISKER_COLOUR} are changed, so that a user's own figure stays as it is.
 */
export function withHalos(data: readonly PlotlyJson[]): PlotlyJson[] {
  const lines: PlotlyJson[] = [];
  const bars = data.map((trace, index) => {
    const key = ["error_x", "error_y"].find((each) => hasWhiskerColour(trace[each]));
    if (trace["type"] !== "bar" || key === undefined) return trace;
    // Traces with the same offset group are drawn at the same position.
    const offsetgroup = `bar ${index}`;
    lines.push({
      ...{ type: "bar", orientation: trace["orientation"], x: trace["x"], y: trace["y"] },
      ...{ offsetgroup, showlegend: false, hoverinfo: "skip", marker: { color: "rgba(0,0,0,0)" } },
      ...(trace["legendgroup"] === undefined ? {} : { legendgroup: trace["legendgroup"] }),
      [key]: trace[key],
    });
    return { ...trace, offsetgroup, [key]: { ...(trace[key] as PlotlyJson), ...HALO } };
  });
  return [...bars, ...lines];
}

function hasWhiskerColour(error: unknown): boolean {
  return (
    typeof error === "object" && error !== null && (error as PlotlyJson)["color"] === WHISKER_COLOUR
  );
}
