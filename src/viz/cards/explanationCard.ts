import { escapeHtml } from "../../display/html";
import type { MimeBundle } from "../../display/host";
import { htmlTable, textTable } from "./table";

/** The fields of `explain`'s result that are shown. */
export interface ExplanationLike {
  readonly query: readonly [number, number];
  readonly label: number;
  readonly probability: number;
  readonly deletion: readonly {
    readonly layer: string;
    readonly attended: { readonly area: number };
    readonly random: { readonly area: number };
    readonly advantage: number;
    readonly wins: number;
  }[];
}

/** Whether a value is what `explain` returns. */
export function isExplanation(value: object): value is ExplanationLike {
  const { query, label, probability, deletion, attention } = value as Readonly<
    Record<string, unknown>
  >;
  return (
    Array.isArray(query) &&
    typeof label === "number" &&
    typeof probability === "number" &&
    Array.isArray(attention) &&
    Array.isArray(deletion)
  );
}

/** An explanation: the pixel's class, and per layer whether the attended positions matter to it. */
export function explanationBundle(explanation: ExplanationLike): MimeBundle {
  const { query, label, probability, deletion } = explanation;
  const text =
    `Pixel [${query.join(", ")}]: class ${label}, probability ${probability.toFixed(3)}. ` +
    `attentionMap draws the maps in attention and gates, lshBucketMap those in buckets.`;
  const header = ["layer", "attended deleted", "random deleted", "advantage", "wins"];
  const rows = deletion.map(({ layer, attended, random, advantage, wins }) => [
    layer,
    attended.area.toFixed(3),
    random.area.toFixed(3),
    advantage.toFixed(3),
    `${Math.round(100 * wins)} %`,
  ]);
  const caption =
    "Mean probability of the class while positions are deleted: the most attended first, or in random order. " +
    "An advantage above 0 means that the attended positions matter more; wins is the share of random orders that " +
    "lower the probability less.";
  return {
    "text/html": `<div style="font:13px system-ui,sans-serif">${escapeHtml(text)}${rows.length === 0 ? "" : htmlTable(header, rows, caption)}</div>`,
    "text/plain": rows.length === 0 ? text : `${text}\n${textTable(header, rows, caption)}`,
  };
}
