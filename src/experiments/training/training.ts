import type * as tf from "@tensorflow/tfjs";
import { DataError } from "../../core/errors";
import { createProgress, interruptRequested } from "../../display";
import type { Progress } from "../../display";
import type { ArrayBatch, Source } from "./batch";
import type { ModelSizes } from "./checkExamples";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint";
import type { Checkpoint, EpochRecord, TrainingState } from "./checkpoint";
import { FRESH_EARLY_STOP, watch } from "./earlyStop";
import type { TrainingEvent, TrainingPlan } from "./events";
import { expectFiniteWeights, findNonFinite, layerOf } from "./finiteWeights";
import { expectSameFingerprint } from "./fitOptions";
import type { FitResult, ResolvedFitOptions } from "./fitOptions";
import { resolvedRateAt } from "./schedule";
import type { WeightMap } from "../../core/weights/WeightTensor";
import type { TrainingSession } from "./trainingSession";
import { validate } from "./validation";
import type { Validation } from "./validation";
import { readVariables, writeVariables } from "./variables";

const CHECKPOINT_STEPS = 250;
const SLOWER = "Lower the learning rate, or clip gradients with optimizer.clipNorm.";

/** One call of `fit` and its progress. */
export class Training {
  private readonly epochSteps: number;
  private state: TrainingState;
  private best: WeightMap | null = null;
  private epochStart = performance.now();
  private compileSeconds = 0;
  private shown: Record<string, number> = {};

  /**
   * @param openSession opens the session that runs the steps; records them if they are compiled
   * @param fingerprint what must be the same for a training to continue from a checkpoint
   */
  constructor(
    private readonly model: tf.LayersModel,
    private readonly sizes: ModelSizes,
    private readonly openSession: () => TrainingSession,
    private readonly data: { readonly train: Source; readonly validation: Source | null },
    private readonly options: ResolvedFitOptions,
    private readonly fingerprint: Record<string, string>,
  ) {
    this.epochSteps = data.train.stepsPerEpoch;
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
    const checkpoint = await this.loadCheckpoint();
    if (checkpoint !== null) this.state = checkpoint.state;
    const resumedAtStep = this.state.step;
    const bar = this.createBar(resumedAtStep);
    let session: TrainingSession | null = null;
    let ended: FitResult["ended"] | null = null;
    try {
      await this.announce({ type: "begin", plan: this.plan(resumedAtStep) });
      session = await this.open(bar);
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
      // Report the first error, even if a callback throws another one.
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
    else session.swapAverages?.();
    return this.state.epoch < epochs ? "earlyStop" : "completed";
  }

  private createBar(initial: number): Progress | null {
    const { progress } = this.options;
    if (progress === false) return null;
    const isNamed = typeof progress === "string";
    const create = isNamed ? createProgress : progress;
    const label = isNamed ? progress : this.model.name;
    return create({ label, total: this.totalSteps, initial, unit: "steps" });
  }

  private plan(resumedAtStep: number): TrainingPlan {
    return {
      model: this.model.name,
      epochs: this.options.epochs,
      stepsPerEpoch: this.epochSteps,
      totalSteps: this.totalSteps,
      resumedAtStep,
      records: this.state.records,
      settings: this.fingerprint,
    };
  }

  private async announce(event: TrainingEvent): Promise<void> {
    for (const callback of this.options.callbacks) await callback(event);
  }

  /** Opens the session, which records the steps whose shapes are known. */
  private async open(bar: Progress | null): Promise<TrainingSession> {
    const isRecorded = this.options.compiled && this.data.train.shapes.length > 0;
    return isRecorded ? this.whileCompiling(bar, this.openSession) : this.openSession();
  }

  /** Records a step and emits events about it, since recording takes seconds. */
  private async whileCompiling<T>(bar: Progress | null, record: () => T): Promise<T> {
    bar?.pause("compiling");
    await this.announce({ type: "compiling" });
    // Let the output of the bar and the callbacks appear before JavaScript is busy.
    await new Promise(setImmediate);
    const start = performance.now();
    const result = record();
    const seconds = (performance.now() - start) / 1000;
    this.compileSeconds += seconds;
    // Recording does not count as time of the epoch.
    this.epochStart += 1000 * seconds;
    bar?.update(this.state.step);
    await this.announce({ type: "compiled", seconds });
    return result;
  }

  private get totalSteps(): number {
    return this.epochSteps * this.options.epochs;
  }

  /** Seconds of this process and earlier ones; for earlier ones without the time for recording. */
  private get seconds(): number {
    const { records } = this.state;
    const running = this.epochSeconds() + this.compileSeconds;
    return records.reduce((sum, record) => sum + record.seconds, running);
  }

  private isOutOfPatience(): boolean {
    const { patience } = this.options;
    return patience !== null && this.state.earlyStop.waited >= patience;
  }

  /** @returns false if the training was asked to stop */
  private async runEpoch(session: TrainingSession, bar: Progress | null): Promise<boolean> {
    const { options } = this;
    this.epochStart = performance.now();
    const done = this.state.batch;
    let index = 0;
    for await (const batch of this.data.train.batches(this.state.epoch)) {
      // Skip batches that were trained on before a resume, but generate them to keep the order the same.
      if (index++ < done) continue;
      if (options.shouldStop() || interruptRequested()) return false;
      const learningRate = this.learningRate(this.state.step);
      if (!session.isPrepared(batch)) {
        await this.whileCompiling(bar, () => session.prepare(batch));
      }
      const loss = session.train(batch, learningRate);
      if (!Number.isFinite(loss)) throw this.lostLoss(session, batch, loss, learningRate);
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
      // Let timers, messages and terminal output run.
      await new Promise(setImmediate);
    }
    await this.finishEpoch(session, bar);
    return true;
  }

  private async finishEpoch(session: TrainingSession, bar: Progress | null): Promise<void> {
    const { options, state } = this;
    const { numClasses } = this.sizes;
    const weights = this.finiteWeights(session, `fit, epoch ${state.epoch + 1}`);
    // Validate the weights that are kept: their averages, if the optimizer makes them.
    session.swapAverages?.();
    const validation = await validate(session.predict, this.data.validation, state.epoch, {
      ...options,
      numClasses,
    });
    const judged = session.swapAverages === null ? weights : readVariables(session.modelVariables);
    session.swapAverages?.();
    const record: EpochRecord = {
      epoch: state.epoch + 1,
      step: state.step,
      loss: state.lossSum / Math.max(state.batch, 1),
      validationLoss: validation.loss,
      validationDice: validation.dice,
      ...(Object.keys(options.metrics).length > 0 ? { metrics: { ...validation.metrics } } : {}),
      learningRate: this.learningRate(state.step - 1),
      seconds: this.epochSeconds(),
    };
    const verdict = watch(state.earlyStop, {
      value: monitored(options.monitor, validation) ?? NaN,
      epoch: record.epoch,
      mode: options.monitorMode,
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
    if (verdict.isBest) this.best = judged;
    this.show(record);
    bar?.update(state.step, { epoch: record.epoch, loss: record.loss, ...this.shown });
    await this.save(session, weights);
    options.onEpoch(record);
    await this.announce({ type: "epoch", record });
  }

  /** Shows the values of the last validation beside the bar. */
  private show({ validationDice, metrics = {} }: EpochRecord): void {
    const values = {
      ...(validationDice === null ? {} : { "validation dice": validationDice }),
      ...metrics,
    };
    this.shown = Object.fromEntries(
      Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== null),
    );
  }

  /**
   * Copies the model's variables and checks that they are finite. The loss alone does not show that weights are
   * lost, since a compiled convolution with ReLU turns NaN into zero.
   */
  private finiteWeights(session: TrainingSession, where: string): WeightMap {
    const weights = readVariables(session.modelVariables);
    expectFiniteWeights(where, this.model, weights, SLOWER);
    return weights;
  }

  private learningRate(step: number): number {
    const { optimizer, schedule, monitor, monitorMode } = this.options;
    return resolvedRateAt(schedule, {
      base: optimizer.learningRate,
      step,
      totalSteps: this.totalSteps,
      history: {
        values: this.state.records.map((record) => monitored(monitor, validationOf(record))),
        mode: monitorMode,
      },
    });
  }

  private epochSeconds(): number {
    return this.state.epochSeconds + (performance.now() - this.epochStart) / 1000;
  }

  private lostLoss(
    session: TrainingSession,
    { ids }: ArrayBatch,
    loss: number,
    learningRate: number,
  ): DataError {
    const lost = findNonFinite(readVariables(session.modelVariables));
    const where = `${loss} at step ${this.state.step + 1}, learning rate ${learningRate}`;
    const weight =
      lost === null ? "" : `, weight "${layerOf(this.model, lost.name)}" holds ${lost.value}`;
    return new DataError({
      where: "fit.loss",
      expected: "a finite number",
      got: `${where}, examples ${ids.map((id) => `"${id}"`).join(", ")}${weight}`,
      remedy: SLOWER,
    });
  }

  private async saveBetweenEpochs(session: TrainingSession): Promise<void> {
    const { everySteps = CHECKPOINT_STEPS } = this.options.checkpoint ?? {};
    if (this.state.batch % everySteps === 0 && this.state.batch < this.epochSteps) {
      await this.save(session);
    }
  }

  private async save(session: TrainingSession, known?: WeightMap): Promise<void> {
    const { checkpoint } = this.options;
    if (checkpoint === undefined) return;
    const model = known ?? this.finiteWeights(session, `fit, step ${this.state.step}`);
    await saveCheckpoint(checkpoint.path, {
      state: { ...this.state, epochSeconds: this.epochSeconds() },
      model,
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
    const last = this.state.records.at(-1);
    if (last !== undefined) this.show(last);
  }
}

function validationOf({ validationLoss, validationDice, metrics = {} }: EpochRecord): Validation {
  return { loss: validationLoss, dice: validationDice, metrics };
}

function monitored(monitor: string, { loss, dice, metrics }: Validation): number | null {
  if (monitor === "validationLoss") return loss;
  return monitor === "validationDice" ? dice : metrics[monitor];
}
