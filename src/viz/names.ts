import { MODEL_TITLES } from "../experiments/studies/views/titles";

/**
 * A model's name as a reader knows it; unknown names are returned as they are.
 *
 * @example
 * modelTitle("residualAttentionUnet"); // "Residual Attention U-Net"
 */
export function modelTitle(name: string): string {
  return MODEL_TITLES[name] ?? name;
}

/** Two decimals for a sentence; "not defined" for NaN. */
export function sayScore(value: number): string {
  return Number.isNaN(value) ? "not defined" : value.toFixed(2);
}
