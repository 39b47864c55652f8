import * as tf from "@tensorflow/tfjs";
import { LSHAttention } from "layerbook";
import { makePhantom } from "layerbook/node";

const layer = new LSHAttention({ numHeads: 2, keyDim: 4, bucketSize: 8 });
const { shape } = layer.apply(tf.zeros([1, 5, 7, 6])) as tf.Tensor;
console.log(`${tf.getBackend()}: ${shape.join(" x ")}`);
console.log(makePhantom({ count: 2, size: 64, seed: 1 }).image.shape.join(" x "));
