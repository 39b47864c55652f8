// Node's Buffer for a browser; bundled into dist/esm/packages/buffer.mjs. The slash makes it the
// package of node_modules and not Node's own module.
export { Buffer } from "buffer/";
