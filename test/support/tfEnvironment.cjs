// Jest runs tests in a separate realm, while a native addon lives in the outer one: without the outer
// realm's typed arrays, `instanceof Float32Array` fails on every value that TensorFlow returns.
const { TestEnvironment } = require("jest-environment-node");

module.exports = class TfEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const name of [
      "ArrayBuffer",
      "SharedArrayBuffer",
      "Float32Array",
      "Float64Array",
      "Int32Array",
      "Uint32Array",
      "Int16Array",
      "Uint16Array",
      "Int8Array",
      "Uint8Array",
      "Uint8ClampedArray",
      "BigInt64Array",
      "BigUint64Array",
      "DataView",
    ]) {
      this.global[name] = globalThis[name];
    }
  }
};
