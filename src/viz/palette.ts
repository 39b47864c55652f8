/** Model colours, in the order of the report's columns; class colours are in core. */
export const MODEL_COLOURS: readonly string[] = [
  "#0072B2",
  "#D55E00",
  "#009E73",
  "#CC79A7",
  "#E69F00",
  "#56B4E9",
];

/** The colour of confidence intervals on bars. */
export const WHISKER_COLOUR = "#333333";
