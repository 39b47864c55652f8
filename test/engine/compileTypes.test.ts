/** What `compile` does to a function's type; the lines behind `@ts-expect-error` are held by tsc. */
import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../src/engine/load";
import { compile, createProgram } from "../../src/engine/program";

loadEngine();

/** Compiles only where both types are the same. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;
const same = <A, B>(isSame: Same<A, B>): void => expect(isSame).toBe(true);

describe("the type of a compiled function", () => {
  it("keeps overloads", () => {
    function scale(x: tf.Tensor1D): tf.Tensor1D;
    function scale(x: tf.Tensor2D, factor: tf.Scalar): tf.Tensor2D;
    function scale(x: tf.Tensor, factor?: tf.Scalar): tf.Tensor {
      return tf.mul(x, factor ?? 2);
    }
    const compiled = compile(scale, { log: () => undefined });
    const one = compiled(tf.tensor1d([1, 2]));
    const two = compiled(tf.tensor2d([[1, 2]]), tf.scalar(3));
    same<typeof one, tf.Tensor1D>(true);
    same<typeof two, tf.Tensor2D>(true);
    expect([one.arraySync(), two.arraySync()]).toEqual([[2, 4], [[3, 6]]]);
    // @ts-expect-error the second overload needs a factor
    const wrong = (): tf.Tensor => compiled(tf.tensor2d([[1, 2]]));
    expect(wrong().shape).toEqual([1, 2]);
  });

  it("keeps generics", () => {
    const compiled = compile(<T extends tf.Tensor>(x: T): T => tf.neg(x), { log: () => undefined });
    const one = compiled(tf.tensor1d([1]));
    const two = compiled(tf.tensor2d([[1]]));
    same<typeof one, tf.Tensor1D>(true);
    same<typeof two, tf.Tensor2D>(true);
    expect([one.rank, two.rank]).toEqual([1, 2]);
  });

  it("keeps nests of arguments and results, and optional arguments", () => {
    const step = (batch: { images: tf.Tensor2D; labels?: tf.Tensor1D }, rates: [tf.Scalar]) => ({
      loss: tf.sum<tf.Scalar>(tf.mul(batch.images, rates[0])),
      shapes: [batch.images],
    });
    const compiled = compile(step);
    const { loss, shapes } = compiled({ images: tf.ones([2, 3]) }, [tf.scalar(2)]);
    same<typeof loss, tf.Scalar>(true);
    same<typeof shapes, tf.Tensor2D[]>(true);
    expect([loss.arraySync(), shapes.length]).toEqual([12, 1]);
    // @ts-expect-error images is missing
    expect(() => compiled({}, [tf.scalar(2)])).toThrow();
  });

  it("gives prepare the function's arguments, and program.compile the same types", () => {
    const compiled = createProgram().compile((x: tf.Tensor1D) => tf.sum<tf.Scalar>(x));
    compiled.prepare(tf.tensor1d([1, 2]));
    // @ts-expect-error a scalar is no vector
    const wrong = (): void => compiled.prepare(tf.scalar(1));
    expect(wrong).not.toThrow();
    const sum = compiled(tf.tensor1d([1, 2]));
    same<typeof sum, tf.Scalar>(true);
    expect(sum.arraySync()).toBe(3);
  });

  it("refuses async functions and promises, by type and when they are called", () => {
    const later = (x: tf.Tensor): Promise<tf.Tensor> => Promise.resolve(x);
    // @ts-expect-error an async function cannot be recorded
    const one = compile(async (x: tf.Tensor) => await later(x));
    expect(() => one(tf.scalar(1))).toThrow(/a promise/);
    // @ts-expect-error nor one that hands on a promise
    const two = compile(later);
    expect(() => two(tf.scalar(1))).toThrow(/a promise/);
    // @ts-expect-error nor one that returns a promise now and then
    const three = compile((x: tf.Tensor): tf.Tensor | Promise<tf.Tensor> => later(x));
    expect(() => three(tf.scalar(1))).toThrow(/a promise/);
    // @ts-expect-error in a program as well
    const four = createProgram().compile(later);
    expect(() => four(tf.scalar(1))).toThrow(/a promise/);
  });

  it("takes functions whose result is not known, and those that return nothing", () => {
    const unknownResult = compile((x: tf.Tensor): unknown => tf.neg(x));
    expect((unknownResult(tf.scalar(1)) as tf.Tensor).arraySync()).toBe(-1);
    const counter = tf.variable(tf.scalar(0));
    const count = compile((): void => {
      counter.assign(tf.add(counter, 1));
    });
    same<ReturnType<typeof count>, void>(true);
    count();
    expect(counter.arraySync()).toBe(1);
  });
});
