import { createHash } from "node:crypto";
import { join } from "node:path";
import * as z from "zod";
import { ConfigError } from "../../core/errors";
import type { Split } from "../../data/splits";
import { writeJsonWhole } from "../../files/writeWhole";
import { decisiveSettings } from "../config/fingerprint";
import { trainingConfigSchema } from "../config/trainingConfig";
import type { TrainingConfig } from "../config/trainingConfig";
import { differenceOf } from "./caseHashes";
import type { CaseHashes } from "./caseHashes";
import { readRecord } from "./readRecord";
import { MANIFEST_FILE } from "./fileNames";

const manifestSchema = z.strictObject({
  format: z.literal("layerbook-manifest-1"),
  /** A name accepted by `modelByName`. */
  model: z.string(),
  config: trainingConfigSchema,
  /** The path as given, or `phantom`; only a label, since contents are compared. */
  source: z.string(),
  /** SHA-256 of the split. */
  split: z.string(),
  cases: z.record(z.string(), z.strictObject({ image: z.string(), mask: z.string().nullable() })),
});

/**
 * Everything that determines a training's result, written to its folder before anything else. A
 * folder can only be resumed with the same manifest.
 */
export type Manifest = z.infer<typeof manifestSchema>;

/** The part that is known before the data are read. */
export interface WantedSettings {
  readonly model: string;
  readonly config: TrainingConfig;
}

/** The part that is known after the data are read. */
export interface WantedData {
  readonly source: string;
  readonly split: Split;
  /** Slices whose labels are ignored; default none. */
  readonly unlabelled?: readonly string[];
  readonly cases: Readonly<Record<string, CaseHashes>>;
}

const REMEDY = "Choose another folder, or remove this one.";

/**
 * Reads a folder's manifest.
 *
 * @returns `null` if there is none
 * @throws DataError if it is not one of this version
 */
export function readManifest(folder: string): Promise<Manifest | null> {
  return readRecord(join(folder, MANIFEST_FILE), manifestSchema, {
    expected: "the manifest of a training of this version",
    remedy: REMEDY,
  });
}

/**
 * Rejects resuming a folder with different settings.
 *
 * @throws ConfigError that names the first setting that differs
 */
export function expectSameSettings(
  folder: string,
  manifest: Pick<Manifest, "model" | "config">,
  wanted: WantedSettings,
): void {
  const before = new Map([
    ["model", manifest.model],
    ...[...decisiveSettings(manifest.config)].map(named),
  ]);
  const now = new Map([
    ["model", wanted.model],
    ...[...decisiveSettings(wanted.config)].map(named),
  ]);
  for (const [name, value] of now) {
    if (before.get(name) === value) continue;
    throw new ConfigError({
      where: folder,
      expected: `an empty folder or a run with ${name} ${value}`,
      got: `a run with ${name} ${before.get(name) ?? "unset"}`,
      remedy: REMEDY,
    });
  }
}

/**
 * Rejects resuming a folder with different data or a different split.
 *
 * @throws ConfigError that names the first case that differs
 */
export function expectSameData(
  folder: string,
  manifest: Pick<Manifest, "split" | "cases">,
  wanted: WantedData,
): void {
  const difference =
    differenceOf(manifest.cases, wanted.cases) ??
    (manifest.split === hashSplit(wanted) ? null : "another split of the cases");
  if (difference === null) return;
  throw new ConfigError({
    where: folder,
    expected: "the data that the folder's work began with",
    got: difference,
    remedy: "Restore the data, or choose another folder: results from different data do not mix.",
  });
}

/** Writes a folder's manifest atomically. */
export async function writeManifest(
  folder: string,
  settings: WantedSettings,
  data: WantedData,
): Promise<void> {
  const manifest: Manifest = {
    format: "layerbook-manifest-1",
    model: settings.model,
    config: settings.config,
    source: data.source,
    split: hashSplit(data),
    cases: { ...data.cases },
  };
  await writeJsonWhole(join(folder, MANIFEST_FILE), manifest);
}

/** A hash of the cases in each part. Their order counts, since it affects training. */
function hashSplit({
  split: { train, validation, test },
  unlabelled = [],
}: Pick<WantedData, "split" | "unlabelled">): string {
  const parts = { train, validation, test, ...(unlabelled.length > 0 ? { unlabelled } : {}) };
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

function named([path, value]: readonly [string, string]): [string, string] {
  return [`setting ${path}`, value];
}
