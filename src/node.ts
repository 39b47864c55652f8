// `layerbook/node`: files, data, training and TensorFlow, and all of `layerbook`.
import { loadEngine } from "./engine";

export * from "./index";
export * from "./engine";
export * from "./data";
export * from "./display";
export * from "./experiments";
export { liveCurves } from "./viz/live/liveCurves";
export { exportNotebook } from "./viz/reports/exportNotebook";

// Native TensorFlow where it is set up; tfjs' own backend where not, so that an import never fails.
loadEngine();
