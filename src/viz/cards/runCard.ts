import { escapeHtml } from "../../display/html";
import type { MimeBundle } from "../../display/host";
import { modelTitle } from "../names";
import { fitResultBundle, isFitResult } from "./resultCards";
import type { FitResultLike } from "./resultCards";

/** The fields of a run that are shown. */
export interface RunLike {
  readonly folder: string;
  readonly record: {
    readonly model: string;
    readonly data: {
      readonly name: string;
      readonly trainCases: number;
      readonly validationCases: number;
      readonly testCases: number;
      readonly splitNote: string | null;
    };
    readonly result: FitResultLike;
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Whether a value is what `trainRun` and `loadRun` return. */
export function isRun(value: object): value is RunLike {
  const { folder, record } = value as Readonly<Record<string, unknown>>;
  if (typeof folder !== "string" || !isObject(record)) return false;
  const { model, data, result } = record;
  return typeof model === "string" && isObject(data) && isObject(result) && isFitResult(result);
}

/** A run: its network and data, how its training ended, and the curves. */
export function runBundle({ folder, record }: RunLike): MimeBundle {
  const { model, data, result } = record;
  const title = modelTitle(model);
  const cases = `${data.trainCases} slices for training, ${data.validationCases} for validation, ${data.testCases} for testing`;
  const facts = `in ${folder}; trained on ${data.name}: ${cases}`;
  const note = data.splitNote === null ? "" : ` ${data.splitNote}`;
  const { "text/html": curves = "", "text/plain": how } = fitResultBundle(result);
  return {
    "text/html":
      `<div style="font:13px system-ui,sans-serif"><strong>${escapeHtml(title)}</strong> ` +
      `${escapeHtml(`${facts}.${note}`)}</div>${String(curves)}`,
    "text/plain": `${title} ${facts}.${note} ${String(how)}`,
  };
}
