import * as tf from "@tensorflow/tfjs";
import { decode } from "fast-png";
import { table } from "arquero";
import { ShapeError } from "../../src/core/errors";
import { DISPLAY, toMimeBundle } from "../../src/display";
import type { MimeBundle } from "../../src/display";

async function bundleOf(value: unknown): Promise<MimeBundle> {
  return toMimeBundle(value);
}

beforeAll(() => tf.setBackend("cpu"));

describe("toMimeBundle", () => {
  it("shows a tensor's type, shape and values", async () => {
    const tensor = tf.tensor2d([
      [1, 2],
      [3, NaN],
      [-4, 0.5],
    ]);
    const bundle = await bundleOf(tensor);
    expect(bundle["text/plain"]).toBe(
      "Tensor float32 [3, 2]\nmin -4, max 3, mean 0.5, not finite 1\nvalues 1, 2, 3, NaN, -4, 0.5",
    );
    expect(bundle["image/png"]).toBeUndefined();
  });

  it("draws a tensor as a picture, from black at its minimum to white at its maximum", async () => {
    const tensor = tf.linspace(10, 20, 8 * 11).reshape([1, 8, 11, 1]);
    const bundle = await bundleOf(tensor);
    const picture = decode(Buffer.from(String(bundle["image/png"]), "base64"));
    expect([picture.width, picture.height, picture.channels]).toEqual([11, 8, 1]);
    expect([picture.data[0], picture.data[87]]).toEqual([0, 255]);
    expect(bundle["text/html"]).toContain("<img");
  });

  it("draws batches side by side, and three channels in colour", async () => {
    const size = async (shape: number[]): Promise<number[]> => {
      const bundle = await bundleOf(tf.ones(shape));
      const { width, height, channels } = decode(
        Buffer.from(String(bundle["image/png"]), "base64"),
      );
      return [height, width, channels];
    };
    expect(await size([9, 11, 3])).toEqual([9, 11, 3]);
    expect(await size([2, 9, 11, 1])).toEqual([9, 23, 1]);
    expect(await size([100, 9, 11, 3])).toEqual([9, 8 * 12 - 1, 3]);
    expect((await bundleOf(tf.ones([100, 9, 11, 3])))["text/html"]).toContain(
      "first 8 of 100 shown",
    );
  });

  it("keeps each pixel of a colour batch in its place", async () => {
    const values = Array.from({ length: 2 * 8 * 9 * 3 }, (_, i) => i);
    const bundle = await bundleOf(tf.tensor4d(values, [2, 8, 9, 3]));
    const { data } = decode(Buffer.from(String(bundle["image/png"]), "base64"));
    const grey = (i: number): number => Math.round((i * 255) / (values.length - 1));
    const at = (row: number, column: number): number[] => [
      ...data.slice((row * 19 + column) * 3, (row * 19 + column) * 3 + 3),
    ];
    expect(at(1, 2)).toEqual([33, 34, 35].map(grey));
    expect(at(1, 10 + 2)).toEqual([8 * 27 + 33, 8 * 27 + 34, 8 * 27 + 35].map(grey));
  });

  it("draws no picture of a table of weights", async () => {
    expect((await bundleOf(tf.zeros([2000, 9])))["image/png"]).toBeUndefined();
  });

  it("shows string and disposed tensors without computing on them", async () => {
    expect((await bundleOf(tf.tensor1d(["a", "b"])))["text/plain"]).toBe(
      'Tensor string [2]\nvalues "a", "b"',
    );
    const gone = tf.zeros([3]);
    gone.dispose();
    expect((await bundleOf(gone))["text/plain"]).toBe("Tensor float32 [3], disposed");
  });

  it("shows a model's layers, parameters and operations", async () => {
    const input = tf.input({ shape: [8, 8, 3] });
    const convolved = tf.layers
      .conv2d({ filters: 5, kernelSize: 3, padding: "same", name: "c" })
      .apply(input) as tf.SymbolicTensor;
    const up = tf.layers
      .conv2dTranspose({ filters: 2, kernelSize: 2, strides: 2, name: "u" })
      .apply(convolved) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: up, name: "small" });
    const text = String((await bundleOf(model))["text/plain"]);
    // c: 3·3·3·5 + 5 = 140 parameters, 2·135 operations at 64 positions; u: 2·2·2·5 + 2 = 42, 2·40 at 64 positions.
    expect(text).toContain("small: 3 layers, 182 parameters (182 trainable), <0.0001 GFLOP");
    expect(text).toMatch(/^c +Conv2D +\[\?, 8, 8, 5\] +140 +<0\.0001$/m);
    const wide = tf.sequential({
      layers: [
        tf.layers.conv2d({
          filters: 64,
          kernelSize: 3,
          padding: "same",
          inputShape: [128, 128, 32],
        }),
      ],
    });
    // 2·3·3·32·64·128·128
    expect(String((await bundleOf(wide))["text/plain"])).toContain("0.60 GFLOP per example");
  });

  it("shows a table's first rows and how many there are", async () => {
    const bundle = await bundleOf(table({ n: Array.from({ length: 30 }, (_, row) => row) }));
    expect(bundle["text/plain"]).toContain("first 20 of 30 rows, 1 columns");
    expect(String(bundle["text/html"]).match(/<tr/g)).toHaveLength(21);
  });

  it("shows our errors with their remedy, escaped", async () => {
    const error = new ShapeError({
      where: "demo.x",
      expected: "[b, <s>]",
      got: "[3]",
      remedy: "Add an axis",
    });
    const bundle = await bundleOf(error);
    expect(bundle["text/plain"]).toBe(
      "ShapeError: demo.x: expected [b, <s>], got [3]. Add an axis",
    );
    expect(bundle["text/html"]).toContain("[b, &lt;s&gt;]");
    expect(bundle["text/html"]).toContain("Add an axis");
  });

  it("asks a value for its own form first, synchronous or not", async () => {
    const own = { [DISPLAY]: () => ({ "text/html": "<b>1</b>" }) };
    expect(toMimeBundle(own)).toMatchObject({ "text/html": "<b>1</b>" });
    const later = { [DISPLAY]: () => Promise.resolve({ "text/markdown": "*1*" }) };
    expect(await bundleOf(later)).toMatchObject({ "text/markdown": "*1*" });
    expect((await bundleOf(later))["text/plain"]).toEqual(expect.any(String));
  });

  it("leaves everything else to Node", async () => {
    expect(await bundleOf({ a: [1, "x"] })).toEqual({ "text/plain": "{ a: [ 1, 'x' ] }" });
    expect(await bundleOf(null)).toEqual({ "text/plain": "null" });
  });
});

describe("tables", () => {
  it("mark headings and what they head", async () => {
    const headings = async (value: unknown): Promise<string[]> =>
      String((await bundleOf(value))["text/html"]).match(/<th(?=[ >])[^>]*>/g) ?? [];
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    const columns = [...(await headings(table({ a: [1], b: [2] }))), ...(await headings(model))];
    expect(columns.length).toBe(2 + 5);
    for (const each of columns) expect(each).toContain('scope="col"');
    const error = new ShapeError({ where: "f", expected: "[1]", got: "[2]" });
    for (const each of await headings(error)) expect(each).toContain('scope="row"');
  });
});
