import type { PlotlyJson } from "../Figure";
import type { Axis } from "./axes";

/** A trace with everything needed to draw it. */
export interface PlacedTrace {
  readonly trace: PlotlyJson;
  readonly colour: string;
  readonly x: Axis;
  readonly y: Axis;
  /** Its index among the bar traces of the same axes, and their number. */
  readonly bar: { readonly index: number; readonly count: number };
  /** The previous trace on the same axes, for `tonexty`. */
  readonly previous: PlotlyJson | null;
}
