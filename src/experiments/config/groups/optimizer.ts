import * as z from "zod";
import { OPTIMIZER_NAMES } from "../../../core/optimizers/createOptimizer";
import { group, setting } from "../setting";
import { count } from "./numbers";

/** The settings of the optimizer. */
export const optimizerSettings = group({
  /** See `createOptimizer`. */
  name: setting(z.enum(OPTIMIZER_NAMES), "adam", "the optimizer", {
    flag: "optimizer",
  }),
  /** The base learning rate, which the schedule scales. */
  learningRate: setting(
    z.number().positive(),
    0.002,
    "the base learning rate, which the schedule scales",
    {
      flag: "learning-rate",
    },
  ),
  /** Maximum global norm of the gradients; `null` for no clipping. */
  clipNorm: setting(
    z.number().positive().nullable(),
    1,
    "maximum global norm of the gradients; null for no clipping",
  ),
  /** Decoupled weight decay, for kernels only; 0 for none, which is an error for `adamw`. */
  weightDecay: setting(z.number().min(0).lt(1), 0, "decoupled weight decay; adamw needs one"),
  /** Momentum of `sgd` and `rmsprop`; an error for other optimizers. */
  momentum: setting(z.number().min(0).lt(1), 0, "momentum of sgd and rmsprop"),
  /** `sgd` only: Nesterov momentum. */
  useNesterov: setting(z.boolean(), false, "Nesterov momentum; sgd only"),
  /** `adam`, `adamw` and `lion` only; `null` for the optimizer's default. */
  beta1: setting(
    z.number().min(0).lt(1).nullable(),
    null,
    "of adam, adamw and lion; null for their own",
  ),
  /** `adam`, `adamw` and `lion` only; `null` for the optimizer's default. */
  beta2: setting(
    z.number().min(0).lt(1).nullable(),
    null,
    "of adam, adamw and lion; null for their own",
  ),
  /** Decay of the mean square of `rmsprop`; `null` for 0.9. */
  rho: setting(
    z.number().min(0).lt(1).nullable(),
    null,
    "decay of the mean square of rmsprop; null for 0.9",
  ),
  /** `rmsprop` only: whether to divide by the variance rather than the mean square. */
  centered: setting(z.boolean(), false, "rmsprop divides by the variance"),
  /** Initial accumulator value of `adagrad`; `null` for 0.1. */
  initialAccumulatorValue: setting(
    z.number().min(0).nullable(),
    null,
    "initial value of adagrad's sums; null for 0.1",
  ),
  /** Keeps divisions finite, in all optimizers except `sgd` and `lion`; `null` for 1e-7. */
  epsilon: setting(
    z.number().positive().nullable(),
    null,
    "keeps divisions finite, in all optimizers except sgd and lion; null for 1e-7",
  ),
  /** Number of steps whose gradients are accumulated into one update of the weights. */
  gradientAccumulationSteps: setting(
    count,
    1,
    "number of steps whose gradients are averaged into one update of the weights",
  ),
  /** Whether to validate and keep an exponential moving average of the weights. */
  useEma: setting(
    z.boolean(),
    false,
    "validate and keep an exponential moving average of the weights",
  ),
  /** Momentum of that average; `null` for 0.99. Requires `useEma`. */
  emaMomentum: setting(
    z.number().min(0).lt(1).nullable(),
    null,
    "momentum of that average; null for 0.99",
  ),
  /** Whether that momentum rises from 0.1 over the first steps. Requires `useEma`. */
  useEmaWarmup: setting(z.boolean(), false, "let that momentum rise from 0.1 over the first steps"),
});
