import * as tf from "@tensorflow/tfjs";
import { SetupError } from "../core/errors";

/** An op attribute in the form that the addon expects. */
export interface OpAttr {
  readonly name: string;
  /** One of the addon's `TF_ATTR_…` numbers. */
  readonly type: number;
  readonly value: boolean | number | string | readonly number[];
}

/** What an op returns for each output. */
export interface TensorMetadata {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

export type TensorValues = Float32Array | Int32Array | Uint8Array | Uint8Array[];

/** The addon: every kernel of tfjs-node goes through this object. */
export interface Binding {
  createTensor(shape: readonly number[], dtype: number, values: TensorValues): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  executeOp(
    name: string,
    attrs: readonly OpAttr[],
    inputIds: readonly number[],
    numOutputs: number,
  ): TensorMetadata[];
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(
    id: number,
    inputIds: readonly number[],
    inputNames: string,
    outputNames: string,
  ): TensorMetadata[];
  getNumOfTensors(): number;
  isUsingGpuDevice(): boolean;
  readonly TF_Version: string;
}

/** tfjs-node's record of a tensor's data; `values` is sent to TensorFlow when an op first uses it. */
export interface TensorRecord {
  shape: number[];
  dtype: number;
  id: number;
  values: TensorValues | null;
  refCount: number;
}

/** The members of tfjs-node's backend that the engine uses. */
export interface NodeBackend {
  binding: Binding;
  readonly tensorMap: {
    get(dataId: object): TensorRecord;
    has(dataId: object): boolean;
    set(dataId: object, record: TensorRecord): void;
  };
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[];
  createOutputTensor(metadata: TensorMetadata): tf.Tensor;
  executeSingleOutput(
    name: string,
    attrs: readonly OpAttr[],
    inputs: readonly tf.TensorInfo[],
  ): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attrs: readonly OpAttr[],
    inputs: readonly tf.TensorInfo[],
    numOutputs: number,
  ): tf.Tensor[];
}

/** Whether tfjs currently runs on native TensorFlow. */
export function hasNativeBackend(): boolean {
  return tf.getBackend() === "tensorflow";
}

/**
 * tfjs-node's backend, typed.
 *
 * @throws SetupError if another backend is active
 */
export function nodeBackend(): NodeBackend {
  if (!hasNativeBackend()) {
    throw new SetupError({
      where: "engine",
      expected: 'the backend "tensorflow"',
      got: `"${tf.getBackend()}"`,
      remedy: "Call loadEngine(), and run `npx layerbook doctor` if it does not load.",
    });
  }
  return tf.backend() as unknown as NodeBackend;
}

/** Whether ops run on a GPU, where one large kernel is better than several small ones. */
export function usesGpu(): boolean {
  return nodeBackend().binding.isUsingGpuDevice();
}
