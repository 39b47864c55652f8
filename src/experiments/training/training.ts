import { ConfigError } from "../../core/errors";
import type { Sample } from "../../data/types";
import { createProgress, interruptRequested } from "../../display";
import type { Progress } from "../../display";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint";
import type { EpochRecord, TrainingState } from "./checkpoint";
import { FRESH_EARLY_STOP, watch } from "./earlyStop";
import { expectSameFingerprint } from "./fitOptions";
import type { FitData, FitResult, ResolvedFitOptions } from "./fitOptions";
import { learningRateAt } from "./schedule";
import type { WeightMap } from "../../core/weights/WeightTensor";
import { stepsPerEpoch, trainingBatches } from "./trainingBatches";
import type { TrainingSession } from "./trainingSession";
import { validate } from "./validation";
import { readVariables, writeVariables } from "./variables";

const CHECKPOINT_STEPS = 250;

/** One call of `fit`: where it stands, and how it gets on. */
export class Training {
  private readonly samples: readonly Sample[];
  private readonly validation: readonly Sample[];
  private readonly epochSteps: number;
  private state: TrainingState;
  private best: WeightMap | null = null;
  private resumedAtStep = 0;
  private epochStart = performance.now();
  private shown: Record<string, number> = {};

  constructor(
    private readonly session: TrainingSession,
    data: Required<FitData>,
    private readonly options: ResolvedFitOptions,
    fingerprint: Record<string, string>,
  ) {
    this.samples = data.train;
    this.validation = data.validation;
    this.epochSteps = stepsPerEpoch(this.samples.length, options);
    this.state = {
      fingerprint,
      step: 0,
      epoch: 0,
      batch: 0,
      lossSum: 0,
      epochSeconds: 0,
      records: [],
      earlyStop: FRESH_EARLY_STOP,
    };
  }

  async run(): Promise<FitResult> {
    await this.resume();
    const { epochs, progress } = this.options;
    const bar =
      progress === false ? null : createProgress({ label: progress, total: this.totalSteps });
    let ended: FitResult["ended"] = "completed";
    try {
      while (this.state.epoch < epochs && !this.isOutOfPatience()) {
        if (!(await this.runEpoch(bar))) {
          ended = "interrupted";
          break;
        }
      }
      if (ended === "completed" && this.state.epoch < epochs) ended = "earlyStop";
      if (ended === "interrupted") await this.save();
      else this.restoreBest();
    } finally {
      bar?.stop(`${ended === "completed" ? "" : `${ended}, `}${Math.round(this.seconds)} s`);
    }
    return {
      records: this.state.records,
      ended,
      bestEpoch: this.state.earlyStop.bestEpoch,
      steps: this.state.step,
      seconds: this.seconds,
      resumedAtStep: this.resumedAtStep,
    };
  }

  private get totalSteps(): number {
    return this.epochSteps * this.options.epochs;
  }

  /** Of this process and those before it. */
  private get seconds(): number {
    const { records } = this.state;
    return records.reduce((sum, record) => sum + record.seconds, this.epochSeconds());
  }

  private isOutOfPatience(): boolean {
    const { patience } = this.options;
    return patience !== null && this.state.earlyStop.waited >= patience;
  }

  /** @returns false when it was asked to stop */
  private async runEpoch(bar: Progress | null): Promise<boolean> {
    const { options, session } = this;
    this.epochStart = performance.now();
    const done = this.state.batch;
    let index = 0;
    for (const batch of trainingBatches(this.samples, this.state.epoch, options)) {
      // Batches before a resume are made and passed by, so that chance goes on where it stood.
      if (index++ < done) continue;
      if (options.shouldStop() || interruptRequested()) return false;
      const learningRate = this.learningRate(this.state.step);
      const loss = session.train(batch, learningRate);
      this.expectFinite(loss, learningRate);
      this.state = {
        ...this.state,
        step: this.state.step + 1,
        batch: this.state.batch + 1,
        lossSum: this.state.lossSum + loss,
      };
      bar?.update(this.state.step, { epoch: this.state.epoch + 1, loss, ...this.shown });
      await this.saveBetweenEpochs();
      // Lets timers, messages and the terminal have their turn.
      await new Promise(setImmediate);
    }
    await this.finishEpoch(bar);
    return true;
  }

  private async finishEpoch(bar: Progress | null): Promise<void> {
    const { options, session, state } = this;
    const { loss, dice } = validate(session.predict, this.validation, options);
    const record: EpochRecord = {
      epoch: state.epoch + 1,
      step: state.step,
      loss: state.lossSum / Math.max(state.batch, 1),
      validationLoss: loss,
      validationDice: dice,
      learningRate: this.learningRate(state.step - 1),
      seconds: this.epochSeconds(),
    };
    const value = options.monitor === "validationLoss" ? loss : dice;
    const verdict = watch(state.earlyStop, {
      value: value ?? NaN,
      epoch: record.epoch,
      mode: options.monitor === "validationLoss" ? "min" : "max",
      patience: options.patience,
    });
    this.state = {
      ...state,
      epoch: record.epoch,
      batch: 0,
      lossSum: 0,
      epochSeconds: 0,
      records: [...state.records, record],
      earlyStop: verdict.state,
    };
    this.epochStart = performance.now();
    if (verdict.isBest) {
      this.best = readVariables(session.modelVariables);
    }
    if (dice !== null) this.shown = { dice };
    bar?.update(state.step, { epoch: record.epoch, loss: record.loss, ...this.shown });
    await this.save();
    options.onEpoch(record);
  }

  private learningRate(step: number): number {
    const { optimizer, schedule } = this.options;
    return learningRateAt(schedule, {
      base: optimizer.learningRate,
      step,
      totalSteps: this.totalSteps,
    });
  }

  private epochSeconds(): number {
    return this.state.epochSeconds + (performance.now() - this.epochStart) / 1000;
  }

  private expectFinite(loss: number, learningRate: number): void {
    if (Number.isFinite(loss)) return;
    throw new ConfigError({
      where: "fit.loss",
      expected: "a finite number",
      got: `${loss} at step ${this.state.step + 1}, learning rate ${learningRate}`,
      remedy:
        "Lower the learning rate, clip gradients with optimizer.clipNorm, and see that every label " +
        "is a class.",
    });
  }

  private async saveBetweenEpochs(): Promise<void> {
    const { everySteps = CHECKPOINT_STEPS } = this.options.checkpoint ?? {};
    if (this.state.batch % everySteps === 0 && this.state.batch < this.epochSteps) {
      await this.save();
    }
  }

  private async save(): Promise<void> {
    const { checkpoint } = this.options;
    if (checkpoint === undefined) return;
    await saveCheckpoint(checkpoint.path, {
      state: { ...this.state, epochSeconds: this.epochSeconds() },
      model: readVariables(this.session.modelVariables),
      optimizer: readVariables(this.session.optimizerVariables),
      best: this.best,
    });
  }

  private async resume(): Promise<void> {
    const { path } = this.options.checkpoint ?? {};
    if (path === undefined) return;
    const checkpoint = await loadCheckpoint(path);
    if (checkpoint === null) return;
    expectSameFingerprint(path, checkpoint.state.fingerprint, this.state.fingerprint);
    writeVariables(path, this.session.modelVariables, checkpoint.model);
    writeVariables(path, this.session.optimizerVariables, checkpoint.optimizer);
    this.state = checkpoint.state;
    this.best = checkpoint.best;
    this.resumedAtStep = this.state.step;
    const lastDice = this.state.records.at(-1)?.validationDice ?? null;
    if (lastDice !== null) this.shown = { dice: lastDice };
  }

  private restoreBest(): void {
    if (this.best === null) return;
    writeVariables("fit.best", this.session.modelVariables, this.best);
  }
}
