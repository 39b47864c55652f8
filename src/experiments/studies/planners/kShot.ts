import type { Splittable } from "../../../data/splits";
import type { TrainingConfig } from "../../config/trainingConfig";
import { epochSteps } from "../job";
import type { Job } from "../job";
import { drawOrder, labelFirst } from "../labelledDraw";
import { foldBySeed } from "./foldBySeed";
import type { CommonPlan, Variant } from "./foldBySeed";

/** Options of {@link planKShot}. */
export interface KShotPlan extends CommonPlan {
  /** A name accepted by `modelByName`. */
  readonly model: string;
  /** Numbers of labelled slices, e.g. `[1, 5, 10, 25]`. */
  readonly shots: readonly number[];
  /** `pretraining.epochs` and `selfTraining.rounds` apply only to the ways of training that use them. */
  readonly config: TrainingConfig;
  readonly cases: readonly Splittable[];
}

/** The ways of training; the first is from scratch. */
const WAYS = [
  { isPretrained: false, isTaught: false, name: ["scratch"] },
  { isPretrained: true, isTaught: false, name: ["phantom"] },
  { isPretrained: false, isTaught: true, name: ["self"] },
  { isPretrained: true, isTaught: true, name: ["phantom", "self"] },
];

/**
 * Plans each way of training with each number of labelled slices. Draws are nested, so that the one slice is
 * among the five. All jobs take about the same number of steps. There is no validation, since only the
 * labelled slices have labels.
 *
 * @throws ConfigError for more slices than a fold has to train on
 */
export function planKShot({ model, shots, cases, ...plan }: KShotPlan): Job[] {
  return foldBySeed(plan, ({ split: fold, seed, config }) => {
    const order = drawOrder(fold, cases, seed);
    const steps = config.epochs * epochSteps(config, order.length);
    return shots.flatMap((count) => {
      const { labelled, unlabelled } = labelFirst(order, count);
      const epochs = Math.max(1, Math.round(steps / epochSteps(config, count)));
      const ways = WAYS.filter(({ isTaught }) => !isTaught || unlabelled.length > 0);
      return ways.map(({ isPretrained, isTaught, name }): Variant => ({
        name: [`${count}shot`, ...name],
        model,
        config: {
          ...{ ...config, epochs },
          pretraining: { epochs: isPretrained ? config.pretraining.epochs || config.epochs : 0 },
          selfTraining: {
            ...config.selfTraining,
            rounds: isTaught ? Math.max(1, config.selfTraining.rounds) : 0,
          },
        },
        split: { ...fold, train: [...labelled], validation: [] },
        factors: {
          shots: count,
          pretraining: isPretrained ? "phantom" : "none",
          selfTraining: isTaught ? "on the rest" : "none",
        },
        ...(isTaught ? { unlabelled } : {}),
      }));
    });
  });
}
