import { defineConfig } from "tsup";

// ESM-only packages are bundled, so that the CommonJS build (tslab cells use it) can require them.
const esmOnly = ["fast-png", "nifti-reader-js"];

// Hundreds of small files each, which take long to find and to read at every start.
const manyFiles = [/^@stdlib\//, "zod"];

// Optional packages stay outside: they are loaded when a file needs them.
const optional = [
  "@cornerstonejs/codec-charls",
  "@cornerstonejs/codec-openjpeg",
  "jpeg-lossless-decoder-js",
];

const noExternal = [...esmOnly, ...manyFiles];

export default defineConfig([
  {
    entry: { index: "src/index.ts" },
    format: ["cjs", "esm"],
    target: "node20",
    platform: "node",
    dts: true,
    shims: true,
    sourcemap: true,
    noExternal,
    external: optional,
  },
  {
    entry: {
      cli: "src/cli/main.ts",
      kernel: "src/kernel/main.ts",
      kernelSession: "src/kernel/session/start.ts",
      kernelCommands: "src/kernel/session/startCommandReader.ts",
    },
    format: ["cjs"],
    target: "node20",
    platform: "node",
    sourcemap: true,
    noExternal,
    external: ["layerbook", ...optional],
  },
]);
