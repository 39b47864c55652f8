import { MODEL_TITLES } from "../experiments/studies/views/titles";

/**
 * A model's display name; unknown names are returned unchanged.
 *
 * @example
 * modelTitle("residualAttentionUnet"); // "Residual Attention U-Net"
 */
export function modelTitle(name: string): string {
  return MODEL_TITLES[name] ?? name;
}

/** A score with two decimals; "not defined" for NaN. */
export function describeScore(value: number): string {
  return Number.isNaN(value) ? "not defined" : value.toFixed(2);
}

/** Two scores that are compared: with three decimals if they differ but look the same with two. */
export function describeScores(a: number, b: number): [string, string] {
  const texts: [string, string] = [describeScore(a), describeScore(b)];
  const isSame = a === b || Number.isNaN(a) || texts[0] !== texts[1];
  return isSame ? texts : [a.toFixed(3), b.toFixed(3)];
}

/** A case's id as people read it: a bare number says what it counts. */
export function caseTitle(id: string): string {
  return /^\d+$/.test(id) ? `slice ${id}` : id;
}

/** A training's time in words: seconds up to 100, then minutes. */
export function describeSeconds(seconds: number): string {
  return seconds < 100 ? `${Math.round(seconds)} seconds` : `${(seconds / 60).toFixed(1)} minutes`;
}
