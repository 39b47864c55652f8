// @ts-check
// The size of one attention layer in a browser bundle: without tfjs, minified and gzipped.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const limits = [
  { names: "LSHAttention", from: "layerbook", kilobytes: 30 },
  { names: "MultiHeadAttention", from: "layerbook", kilobytes: 30 },
  { names: "*", from: "layerbook", kilobytes: 120 },
  { names: "readScan", from: "layerbook/web", kilobytes: 42 },
];

for (const { names, from, kilobytes } of limits) {
  const list = names === "*" ? "* as used" : `{ ${names} as used }`;
  const { outputFiles } = await esbuild.build({
    stdin: {
      contents: `import ${list} from "${from}"; globalThis.used = used;`,
      resolveDir: root,
    },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    external: ["@tensorflow/*"],
    write: false,
    logLevel: "error",
  });
  const size = gzipSync(outputFiles[0].contents).length / 1000;
  const fits = size <= kilobytes;
  console.log(
    `${fits ? "ok" : "TOO LARGE"}: ${names} of ${from}: ${size.toFixed(1)} of ${kilobytes} kB`,
  );
  if (!fits) process.exitCode = 1;
}
