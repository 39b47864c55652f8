// npx esbuild phantom.mjs --bundle --platform=node --outfile=phantom.cjs, then node phantom.cjs
import { makePhantom } from "layerbook/node";

const { image } = makePhantom({ count: 2, size: 64, seed: 1 });
console.log(image.shape.join(" x "));
