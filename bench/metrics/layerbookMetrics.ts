import { readFileSync } from "node:fs";
import { join } from "node:path";
import { caseMetrics } from "../../src/metrics";
import { serve } from "../support/serve";

/** The content of `CASE.json`, which describes the masks next to it. */
interface About {
  readonly shape: readonly [number, number, number];
  readonly spacing: readonly number[];
  readonly tolerance: number;
}

const [folder, name] = process.argv.slice(2);
const read = (ending: string): Buffer => readFileSync(join(folder, `${name}.${ending}`));
const { shape, spacing, tolerance } = JSON.parse(read("json").toString()) as About;
const [depth, height, width] = shape;
const grid = (ending: string) => ({
  ...(depth > 1 ? { depth } : {}),
  height,
  width,
  data: new Uint8Array(read(ending)),
});
const [truth, prediction] = [grid("truth"), grid("prediction")];
const once = (): number[][] =>
  caseMetrics(truth, prediction, {
    id: name,
    classNames: ["background", "one", "two", "three"],
    spacingMm: spacing,
    tolerance,
    hasLesions: false,
  })
    .classes.slice(1)
    .map((row) => [row.dice, row.hd95, row.assd, row.surfaceDice]);

serve(() => void once(), { scores: JSON.stringify(once()) });
