// Node's Buffer for a browser; bundled into dist/esm/packages/buffer.mjs. The slash selects the npm
// package instead of Node's built-in module.
export { Buffer } from "buffer/";
