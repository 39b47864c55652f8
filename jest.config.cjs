// ESM-only packages that jest must compile to CommonJS.
const esmOnly = [
  "fast-png",
  "nifti-reader-js",
  "iobuffer",
  "arquero",
  "@uwdata/flechette",
  "h5wasm",
];

process.env.TF_CPP_MIN_LOG_LEVEL ??= "3";
// As loadEngine sets it; a test's own process.env is a copy, which TensorFlow does not see.
process.env.TF_ENABLE_ONEDNN_OPTS ??= "1";

/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "<rootDir>/test/support/tfEnvironment.cjs",
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  transform: {
    "^.+\\.m?(t|j)s$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2022" } },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join("|")})/)`],
  // These export only an "import" condition, which jest's CommonJS resolver ignores.
  moduleNameMapper: {
    "^h5wasm/node$": "<rootDir>/node_modules/h5wasm/dist/node/hdf5_hl.js",
    "^nifti-reader-js$": "<rootDir>/node_modules/nifti-reader-js/dist/nifti.js",
  },
  modulePathIgnorePatterns: [
    "<rootDir>/dist/",
    "<rootDir>/.dist/",
    "<rootDir>/.engine/",
    "<rootDir>/.venv",
    "<rootDir>/.venv-bench",
    "<rootDir>/.venv-services",
  ],
  maxWorkers: 2,
  // Many times what any test takes: the machine may be slow or busy. A test that hangs still ends.
  testTimeout: 300_000,
};
