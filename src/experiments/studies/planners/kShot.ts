import { ConfigError } from "../../../core/errors";
import { createRandom } from "../../../core/random";
import { selectById } from "../../../data/splits";
import type { Split, Splittable } from "../../../data/splits";
import type { TrainingConfig } from "../../config/trainingConfig";
import { jobId, jobSteps } from "../job";
import type { Job } from "../job";

/** What a k-shot study varies. */
export interface KShotPlan {
  /** A name that `modelByName` knows. */
  readonly model: string;
  /** Numbers of labelled slices, e.g. `[1, 5, 10, 25]`. */
  readonly shots: readonly number[];
  readonly seeds?: readonly number[];
  /** Its `pretraining.epochs` and `selfTraining.rounds` are those of the ways that have them. */
  readonly config: TrainingConfig;
  readonly folds: readonly Split[];
  readonly cases: readonly Splittable[];
}

/** Ways of training, from scratch first. */
const WAYS = [false, true].flatMap((isTaught) =>
  [false, true].map((isPretrained) => ({ isPretrained, isTaught })),
);

/**
 * Each way of training with each number of labelled slices, fold by fold. Draws are nested, so that five
 * slices hold the one; all jobs take about as many steps. Nothing is validated on: the labelled slices
 * are all the labels there are.
 *
 * @throws ConfigError for more slices than a fold has to train on
 */
export function planKShot(plan: KShotPlan): Job[] {
  const { model, shots, cases, config, folds, seeds = [config.seed] } = plan;
  return folds.flatMap((fold) =>
    seeds.flatMap((seed) => {
      const order = drawOrder(fold, cases, seed);
      const steps = jobSteps({ config: plain(config), split: { ...fold, train: order } });
      return shots.flatMap((count) => {
        expectEnough(count, order);
        const [train, unlabelled] = [order.slice(0, count), order.slice(count)];
        const split = { ...fold, train, validation: [] };
        const perEpoch = jobSteps({ config: { ...plain(config), epochs: 1 }, split });
        const epochs = Math.max(1, Math.round(steps / perEpoch));
        return WAYS.filter(({ isTaught }) => !isTaught || unlabelled.length > 0).map(
          ({ isPretrained, isTaught }): Job => {
            const { pretraining, selfTraining } = config;
            const rounds = isTaught ? Math.max(1, selfTraining.rounds) : 0;
            const before = isPretrained ? pretraining.epochs || config.epochs : 0;
            const way = [...(isPretrained ? ["phantom"] : []), ...(isTaught ? ["self"] : [])];
            return {
              id: jobId([`${count}shot`, ...(way.length === 0 ? ["scratch"] : way)], {
                ...{ fold: fold.fold, ...(seeds.length > 1 ? { seed } : {}) },
              }),
              model,
              config: {
                ...{ ...config, seed, epochs },
                pretraining: { epochs: before },
                selfTraining: { ...selfTraining, rounds },
              },
              split,
              factors: {
                shots: count,
                pretraining: isPretrained ? "phantom" : "none",
                selfTraining: isTaught ? "on the rest" : "none",
              },
              ...(isTaught ? { unlabelled } : {}),
            };
          },
        );
      });
    }),
  );
}

/** The slices that may be labelled, as they are drawn: the first has as many classes as any. */
function drawOrder(fold: Split, cases: readonly Splittable[], seed: number): string[] {
  const pool = selectById(cases, [...fold.train, ...fold.validation]);
  const random = createRandom(seed).fork(`labelled slices of fold ${fold.fold}`);
  const drawn = random.permutation(pool.length).map((index) => pool[index]);
  const classes = drawn.map(({ labels }) => new Set(labels?.data ?? []).size);
  const [first] = drawn.splice(classes.indexOf(Math.max(...classes)), 1);
  return [first, ...drawn].map(({ id }) => id);
}

function plain(config: TrainingConfig): TrainingConfig {
  const { selfTraining } = config;
  return { ...config, pretraining: { epochs: 0 }, selfTraining: { ...selfTraining, rounds: 0 } };
}

function expectEnough(count: number, order: readonly string[]): void {
  if (Number.isInteger(count) && count >= 1 && count <= order.length) return;
  throw new ConfigError({
    where: "kShot.shots",
    expected: `whole numbers from 1 to ${order.length}, the slices that a fold has to train on`,
    got: String(count),
  });
}
