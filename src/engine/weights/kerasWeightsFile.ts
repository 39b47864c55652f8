import type * as H5wasm from "h5wasm/node";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { DataError } from "../../core/errors";
import { importPackage } from "../../files/packages";
import type { WeightTensor } from "../../core/weights/WeightTensor";

const SIGNATURE = "\x89HDF\r\n\x1a\n";

/** The file's size, after checking the HDF5 signature. */
function sizeOfHdf5(path: string): number {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (cause) {
    const got = (cause as NodeJS.ErrnoException).code ?? "an error";
    throw new DataError({ where: path, expected: "a .weights.h5 file", got, cause });
  }
  try {
    const bytes = Buffer.alloc(8);
    readSync(descriptor, bytes, 0, 8, 0);
    if (bytes.toString("latin1") !== SIGNATURE) {
      throw new DataError({
        where: basename(path),
        expected: "an HDF5 file",
        got: "other first bytes",
      });
    }
    return fstatSync(descriptor).size;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Reads the weights of a Keras 3 `.weights.h5` file.
 *
 * Keras writes them uncompressed, so a tensor that claims more bytes than the file has, or is
 * compressed, is rejected before memory is allocated for it.
 *
 * @param path of the `.weights.h5` file
 * @returns tensors by their path, e.g. `layers/multi_head_attention/query_dense/vars/0`
 * @throws DataError if it is not HDF5, or not a file that Keras wrote
 */
export async function readKerasWeightsFile(path: string): Promise<Map<string, WeightTensor>> {
  const fileBytes = sizeOfHdf5(path);
  const { Dataset, File, ready } = (await importPackage("h5wasm/node")) as typeof H5wasm;
  await ready;
  const file = new File(path, "r");
  try {
    const tensors = new Map<string, WeightTensor>();
    for (const name of file.paths()) {
      const entity = file.get(name);
      if (!(entity instanceof Dataset)) continue;
      const { shape, size } = entity.metadata;
      const where = `${basename(path)}: "${name}"`;
      const bytes = (shape ?? []).reduce((product, length) => product * length, size);
      if (bytes > fileBytes || entity.filters.length > 0) {
        const got = entity.filters.length > 0 ? "a compressed one" : `one of ${bytes} bytes`;
        throw new DataError({
          where,
          expected: `an uncompressed tensor within ${fileBytes} bytes`,
          got,
        });
      }
      const values: unknown = entity.dtype === "<f" || entity.dtype === "<i" ? entity.value : null;
      if (!(values instanceof Float32Array) && !(values instanceof Int32Array)) {
        throw new DataError({
          where,
          expected: "float32 or int32",
          got: JSON.stringify(entity.dtype),
        });
      }
      tensors.set(name, { shape: shape ?? [], values: values.slice() });
    }
    return tensors;
  } finally {
    file.close();
  }
}
