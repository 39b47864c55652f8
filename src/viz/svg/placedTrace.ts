import type { PlotlyJson } from "../Figure";
import type { Axis } from "./axes";

/** A trace with what is needed to draw it. */
export interface PlacedTrace {
  readonly trace: PlotlyJson;
  readonly colour: string;
  readonly x: Axis;
  readonly y: Axis;
  /** Among the bars of the same axes: which one, and of how many. */
  readonly bar: { readonly index: number; readonly count: number };
  /** The trace before it on the same axes, which `tonexty` fills to. */
  readonly previous: PlotlyJson | null;
}
