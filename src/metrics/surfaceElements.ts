import { labelBoxes } from "./boundingBoxes";
import type { Box } from "./boundingBoxes";
import type { ByteGrid } from "./grid";

/** Bits of {@link SurfaceElements.marks}. */
export const TRUTH = 1;
export const PREDICTION = 2;

/** Where the two surfaces of one class are, on a grid just around them. */
export interface SurfaceElements {
  readonly depth: number;
  readonly height: number;
  readonly width: number;
  /** {@link TRUTH} and {@link PREDICTION} bits of each cell. */
  readonly marks: Uint8Array;
  /** Cells of the true surface. */
  readonly truth: Int32Array;
  /** Cells of the predicted surface. */
  readonly prediction: Int32Array;
}

/** One class of both grids in its box, as bits. */
export interface ClassCut {
  readonly depth: number;
  readonly height: number;
  readonly width: number;
  readonly rank: 2 | 3;
  /** {@link TRUTH} and {@link PREDICTION} bits; the rim is 0. */
  readonly bits: Uint8Array;
}

/**
 * One class of both grids, cropped to its box plus a border of one empty voxel, so that a mask that
 * touches the image's border has a surface there.
 */
export function cutClass(truth: ByteGrid, prediction: ByteGrid, label: number, box: Box): ClassCut {
  const rim = truth.rank === 3 ? 1 : 0;
  const [z0, y0, x0] = box.low;
  const [z1, y1, x1] = box.high;
  const depth = z1 - z0 + 1 + 2 * rim;
  const height = y1 - y0 + 3;
  const width = x1 - x0 + 3;
  const bits = new Uint8Array(depth * height * width);
  const [a, b] = [truth.data, prediction.data];
  for (let z = z0; z <= z1; z++) {
    for (let y = y0; y <= y1; y++) {
      let from = (z * truth.height + y) * truth.width + x0;
      const end = from + x1 - x0;
      let to = ((z - z0 + rim) * height + y - y0 + 1) * width + 1;
      for (; from <= end; from++, to++) {
        bits[to] = (a[from] === label ? TRUTH : 0) | (b[from] === label ? PREDICTION : 0);
      }
    }
  }
  return { bits, depth, height, width, rank: truth.rank };
}

/** One class of both grids, or `null` where neither has it. */
export function cutLabel(truth: ByteGrid, prediction: ByteGrid, label: number): ClassCut | null {
  const box = labelBoxes(truth, prediction, label + 1)[label];
  return box === null ? null : cutClass(truth, prediction, label, box);
}

/**
 * Surface voxels: those of the mask with a face to the outside, as MONAI and SciPy's erosion have
 * it. In a slice the faces are the four in its plane.
 */
export function surfaceVoxels(cut: ClassCut): SurfaceElements {
  const { bits, depth, height, width } = cut;
  const marks = new Uint8Array(bits.length);
  const area = height * width;
  const lists = [new IndexList(), new IndexList()] as const;
  const isVolume = cut.rank === 3;
  const firstSlice = isVolume ? 1 : 0;
  const lastSlice = isVolume ? depth - 2 : 0;
  for (let z = firstSlice; z <= lastSlice; z++) {
    for (let y = 1; y < height - 1; y++) {
      const start = z * area + y * width;
      for (let i = start + 1; i < start + width - 1; i++) {
        const own = bits[i];
        if (own === 0) continue;
        let inside = bits[i - 1] & bits[i + 1] & bits[i - width] & bits[i + width];
        if (isVolume) inside &= bits[i - area] & bits[i + area];
        const edge = own & ~inside;
        if (edge === 0) continue;
        marks[i] = edge;
        if ((edge & TRUTH) !== 0) lists[0].push(i);
        if ((edge & PREDICTION) !== 0) lists[1].push(i);
      }
    }
  }
  return { depth, height, width, marks, truth: lists[0].values(), prediction: lists[1].values() };
}

/** A growing list of integers. */
export class IndexList {
  private items = new Int32Array(1024);
  private length = 0;

  push(item: number): void {
    if (this.length === this.items.length) {
      const longer = new Int32Array(this.items.length * 2);
      longer.set(this.items);
      this.items = longer;
    }
    this.items[this.length++] = item;
  }

  get size(): number {
    return this.length;
  }

  values(): Int32Array {
    return this.items.subarray(0, this.length);
  }
}
