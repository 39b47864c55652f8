// `layerbook/node`: files, data, training and TensorFlow, and all of `layerbook`.
import { displayHost } from "./display/host";
import { loadEngine } from "./engine";

export * from "./index";
export * from "./engine";
export * from "./data";
export * from "./display";
export * from "./experiments";
export { liveCurves } from "./viz/live/liveCurves";
export { exportNotebook } from "./viz/reports/exportNotebook";
export type { ExportForm, ExportNotebookOptions } from "./viz/reports/exportNotebook";

// Native TensorFlow where it is set up; tfjs' own backend where not, so that an import never fails.
const { backend, problem } = loadEngine();
if (problem !== null && displayHost() === null) {
  // A notebook is told by the kernel.
  console.warn(
    `layerbook: native TensorFlow is not available; the much slower backend "${backend}" runs instead (${problem}). ` +
      "`npx layerbook setup` sets it up.",
  );
}
