import { caseScores } from "../../metrics";
import type { RunRecord } from "../../experiments/storage/runs";
import type { Evaluation } from "../../experiments/evaluation/evaluateModel";
import type { Plane, SliceCase } from "../../data/types";
import { evaluationTable } from "../cards/resultCards";
import { confusionMatrixChart } from "../charts/confusionMatrixChart";
import { scoreBars } from "../charts/scoreBars";
import { trainingCurves } from "../charts/trainingCurves";
import { caseCaption } from "../masks/caseCaption";
import { compareMasks } from "../masks/compareMasks";
import { describeSlices } from "../headline";
import { describeScore, describeSeconds, modelTitle } from "../names";
import { sliceViewer } from "../sliceViewer/sliceViewer";
import { describeSetting } from "./describeSetting";
import type { Report } from "./reportPage";

/** A run with its predictions for the held-out slices. */
export interface EvaluatedRun {
  readonly record: RunRecord;
  readonly evaluation: Evaluation;
  /** The held-out cases, in the order of the evaluation's records. */
  readonly cases: readonly SliceCase[];
  /** One plane of labels per case. */
  readonly predictions: readonly Plane<Uint8Array>[];
  /** The command that made the report. */
  readonly command: string;
  /** When it was made; `new Date().toISOString()`. */
  readonly date: string;
}

/** How many of the worst cases are listed. */
const WORST = 4;

/** A report on a training and its result, worst cases first. */
export function runReport(run: EvaluatedRun): Report {
  const { record, evaluation, cases, predictions } = run;
  const { summary, records } = evaluation;
  const { model, classNames, config, data, result, versions } = record;
  const title = modelTitle(model);
  const worst = records
    .map((each, index) => ({ index, dice: caseScores(each).dice }))
    .filter(({ dice }) => !Number.isNaN(dice))
    .sort((a, b) => a.dice - b.dice)
    .slice(0, WORST);
  const all = records.map((each, index) => {
    const { id, image, unit, labels } = cases[index];
    const mask = { title: model, labels: predictions[index], caption: caseCaption(each) };
    return { id, image, unit, labels, masks: [mask] };
  });
  const settings = Object.entries(config).map(
    ([name, value]) => [name, describeSetting(value)] as const,
  );
  return {
    title: `${title} on ${data.name}`,
    headline: `Mean Dice ${describeScore(summary.dice)} on ${describeSlices(records)} (${summary.groups} patients or groups), after ${result.records.length} epochs.`,
    sections: [
      {
        heading: "Scores",
        text: [
          "Dice is twice the overlap of prediction and truth over the sum of their sizes: 1 is a perfect match, 0 no overlap. A slice's Dice is the mean over the classes in its truth; the mean Dice is the mean over those slices.",
          ...(data.splitNote === null ? [] : [data.splitNote]),
        ],
        html: evaluationTable(evaluation),
        figures: [
          {
            figure: scoreBars({ [model]: evaluation }),
            caption:
              "Mean over the slices whose truth contains the class, with 95 % bootstrap intervals over patients. Bars over fewer than five slices are lighter.",
          },
          {
            figure: confusionMatrixChart(summary.pooled.confusion.counts, classNames),
            caption:
              "What the pixels of each true class were predicted as, over all held-out slices.",
          },
        ],
      },
      // A held-out set may have no slice that contains a class, and therefore no Dice.
      ...(worst.length === 0
        ? []
        : [
            {
              heading: "Worst slices first",
              figures: [
                {
                  figure: compareMasks(
                    worst.map(({ index }) => all[index]),
                    { classNames, difference: true },
                  ),
                  caption: `The ${worst.length} held-out slices with the lowest Dice.`,
                },
              ],
            },
          ]),
      {
        heading: "Every held-out slice",
        figures: [
          {
            figure: sliceViewer(all, { classNames }),
            caption: "Slider or arrow keys change the slice.",
          },
        ],
      },
      {
        heading: "Training",
        text: [
          `${data.trainCases} slices for training, ${data.validationCases} for validation, ${data.testCases} held out. ${endSentence(result)}`,
        ],
        figures: [
          {
            figure: trainingCurves([{ model, epochs: result.records }]),
            caption:
              "Loss and Dice on the validation slices by epoch. This Dice selects the weights: it is the mean of the class means at the network's resolution, and cannot be compared with the scores above.",
          },
        ],
      },
    ],
    footer: [
      ["Made", run.date],
      ["Command", run.command],
      ["Data", data.source],
      [
        "Versions",
        Object.entries(versions)
          .map(([name, value]) => `${name} ${value ?? "-"}`)
          .join(", "),
      ],
      ...settings,
    ],
  };
}

function endSentence({ ended, bestEpoch, seconds }: RunRecord["result"]): string {
  const how = {
    completed: "ran to its end",
    earlyStop: "stopped early, when validation no longer improved",
    interrupted: "was interrupted",
  }[ended];
  const best = bestEpoch > 0 ? `; the weights are those of epoch ${bestEpoch}` : "";
  return `Training ${how} after ${describeSeconds(seconds)}${best}.`;
}
