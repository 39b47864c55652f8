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
