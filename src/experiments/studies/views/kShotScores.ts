import type { StudyTable } from "./studyTable";

/**
 * Converts the rows of a k-shot study to input of `kShotCurve`.
 *
 * @param column a column of the table; default the mean Dice
 */
export function kShotScores(
  table: StudyTable,
  column = "Dice",
): {
  readonly series: string;
  readonly shots: number;
  readonly mean: number;
  readonly interval: readonly [number, number];
}[] {
  return table.rows.map(({ factors, scores }) => {
    const { mean, interval } = scores[column];
    const ways = [
      ...(factors["pretraining"] === "none" ? [] : ["pre-trained on the phantom"]),
      ...(factors["selfTraining"] === "none" ? [] : ["self-trained on the rest"]),
    ];
    return {
      series: ways.length === 0 ? "from scratch" : ways.join(", "),
      shots: Number(factors["shots"]),
      ...{ mean, interval: [interval.low, interval.high] as const },
    };
  });
}
