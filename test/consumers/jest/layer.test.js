const tf = require("@tensorflow/tfjs");
const { LSHAttention } = require("layerbook");

test("a layer keeps the shape of an image", () => {
  const layer = new LSHAttention({ numHeads: 2, keyDim: 4, bucketSize: 8 });
  expect(layer.apply(tf.zeros([1, 5, 7, 6])).shape).toEqual([1, 5, 7, 6]);
});
