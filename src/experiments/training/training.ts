import { ConfigError } from "../../core/errors";
import type { Sample } from "../../data/types";
import { createProgress, interruptRequested } from "../../display";
import type { Progress } from "../../display";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint";
import type { Checkpoint, EpochRecord, TrainingState } from "./checkpoint";
import { FRESH_EARLY_STOP, watch } from "./earlyStop";
import type { TrainingEvent, TrainingPlan } from "./events";
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
  private epochStart = performance.now();
  private compileSeconds = 0;
  private shown: Record<string, number> = {};

  /**
   * @param openSession makes what runs the steps; records them where they are compiled
   * @param identity the model's name, and what must be the same for a checkpoint to be continued
   */
  constructor(
    private readonly openSession: () => TrainingSession,
    data: Required<FitData>,
    private readonly options: ResolvedFitOptions,
    private readonly identity: {
      readonly name: string;
      readonly fingerprint: Record<string, string>;
    },
  ) {
    this.samples = data.train;
    this.validation = data.validation;
    this.epochSteps = stepsPerEpoch(this.samples.length, options);
    this.state = {
      fingerprint: identity.fingerprint,
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
    const checkpoint = await this.loadCheckpoint();
    if (checkpoint !== null) this.state = checkpoint.state;
    const resumedAtStep = this.state.step;
    const { progress } = this.options;
    const { totalSteps } = this;
    const bar =
      progress === false
        ? null
        : createProgress({ label: progress, total: totalSteps, initial: resumedAtStep });
    let session: TrainingSession | null = null;
    let ended: FitResult["ended"] | null = null;
    try {
      await this.announce({ type: "begin", plan: this.plan(resumedAtStep) });
      session = await this.compile(bar);
      if (checkpoint !== null) this.restore(session, checkpoint);
      this.epochStart = performance.now();
      ended = await this.runEpochs(session, bar);
      const result: FitResult = {
        records: this.state.records,
        ended,
        bestEpoch: this.state.earlyStop.bestEpoch,
        steps: this.state.step,
        seconds: this.seconds,
        resumedAtStep,
      };
      await this.announce({ type: "end", result });
      return result;
    } catch (error) {
      ended = null;
      // The first error is the one to report, whatever a callback makes of it.
      await this.announce({ type: "error", error }).catch(() => undefined);
      throw error;
    } finally {
      const how = ended === "completed" ? "" : `${ended ?? "failed"}, `;
      const outcome = ended === null ? "failed" : ended === "interrupted" ? ended : "done";
      bar?.stop(`${how}${Math.round(this.seconds)} s`, outcome);
      session?.dispose();
    }
  }

  private async runEpochs(
    session: TrainingSession,
    bar: Progress | null,
  ): Promise<FitResult["ended"]> {
    const { epochs } = this.options;
    while (this.state.epoch < epochs && !this.isOutOfPatience()) {
      if (!(await this.runEpoch(session, bar))) {
        await this.save(session);
        return "interrupted";
      }
    }
    if (this.best !== null) writeVariables("fit.best", session.modelVariables, this.best);
    return this.state.epoch < epochs ? "earlyStop" : "completed";
  }

  private plan(resumedAtStep: number): TrainingPlan {
    return {
      model: this.identity.name,
      epochs: this.options.epochs,
      stepsPerEpoch: this.epochSteps,
      totalSteps: this.totalSteps,
      resumedAtStep,
      records: this.state.records,
      settings: this.identity.fingerprint,
    };
  }

  private async announce(event: TrainingEvent): Promise<void> {
    for (const callback of this.options.callbacks) await callback(event);
  }

  /** Opens the session; recording its steps takes seconds, so it is said first. */
  private async compile(bar: Progress | null): Promise<TrainingSession> {
    if (!this.options.compiled) return this.openSession();
    bar?.pause("compiling");
    await this.announce({ type: "compiling" });
    // Lets the bar and the callbacks' output out before JavaScript is busy.
    await new Promise(setImmediate);
    const start = performance.now();
    const session = this.openSession();
    const seconds = (performance.now() - start) / 1000;
    this.compileSeconds += seconds;
    bar?.update(this.state.step);
    await this.announce({ type: "compiled", seconds });
    return session;
  }

  private get totalSteps(): number {
    return this.epochSteps * this.options.epochs;
  }

  /** Of this process and those before it; of these, without the time that recording took. */
  private get seconds(): number {
    const { records } = this.state;
    const running = this.epochSeconds() + this.compileSeconds;
    return records.reduce((sum, record) => sum + record.seconds, running);
  }

  private isOutOfPatience(): boolean {
    const { patience } = this.options;
    return patience !== null && this.state.earlyStop.waited >= patience;
  }

  /** @returns false when it was asked to stop */
  private async runEpoch(session: TrainingSession, bar: Progress | null): Promise<boolean> {
    const { options } = this;
    this.epochStart = performance.now();
    const done = this.state.batch;
    let index = 0;
    for (const batch of trainingBatches(this.samples, this.state.epoch, options)) {
      // Skip batches that were trained on before a resume; making them keeps the shuffling in sync.
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
      const { step } = this.state;
      const epoch = this.state.epoch + 1;
      bar?.update(step, { epoch, loss, ...this.shown });
      await this.announce({ type: "batch", epoch, step, loss, learningRate });
      await this.saveBetweenEpochs(session);
      // Lets timers, messages and the terminal have their turn.
      await new Promise(setImmediate);
    }
    await this.finishEpoch(session, bar);
    return true;
  }

  private async finishEpoch(session: TrainingSession, bar: Progress | null): Promise<void> {
    const { options, state } = this;
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
    await this.save(session);
    options.onEpoch(record);
    await this.announce({ type: "epoch", record });
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

  private async saveBetweenEpochs(session: TrainingSession): Promise<void> {
    const { everySteps = CHECKPOINT_STEPS } = this.options.checkpoint ?? {};
    if (this.state.batch % everySteps === 0 && this.state.batch < this.epochSteps) {
      await this.save(session);
    }
  }

  private async save(session: TrainingSession): Promise<void> {
    const { checkpoint } = this.options;
    if (checkpoint === undefined) return;
    await saveCheckpoint(checkpoint.path, {
      state: { ...this.state, epochSeconds: this.epochSeconds() },
      model: readVariables(session.modelVariables),
      optimizer: readVariables(session.optimizerVariables),
      best: this.best,
    });
    await this.announce({ type: "checkpoint", path: checkpoint.path, step: this.state.step });
  }

  private async loadCheckpoint(): Promise<Checkpoint | null> {
    const { path } = this.options.checkpoint ?? {};
    if (path === undefined) return null;
    const checkpoint = await loadCheckpoint(path);
    if (checkpoint === null) return null;
    expectSameFingerprint(path, checkpoint.state.fingerprint, this.state.fingerprint);
    return checkpoint;
  }

  private restore(session: TrainingSession, checkpoint: Checkpoint): void {
    const { path = "" } = this.options.checkpoint ?? {};
    writeVariables(path, session.modelVariables, checkpoint.model);
    writeVariables(path, session.optimizerVariables, checkpoint.optimizer);
    this.best = checkpoint.best;
    const lastDice = this.state.records.at(-1)?.validationDice ?? null;
    if (lastDice !== null) this.shown = { dice: lastDice };
  }
}
