import * as tf from "@tensorflow/tfjs";
import { LSHAttention } from "layerbook";

const layer = new LSHAttention({ numHeads: 2, keyDim: 4, bucketSize: 8 });
const { shape } = layer.apply(tf.zeros([1, 5, 7, 6]));
console.log(`${tf.getBackend()}: ${shape.join(" x ")}`);
