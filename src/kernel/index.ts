// `layerbook/kernel`: installs the notebook kernel in Jupyter.
export { installKernel, listKernels, uninstallKernel } from "./kernelspec";
export type { InstalledKernel, InstallOptions, KernelScope } from "./kernelspec";
// Comms and widgets, for libraries that need nothing else from the toolkit.
export { listComms, openComm, registerCommTarget, Widget, widget } from "../display";
export type {
  Comm,
  CommExtras,
  CommHandler,
  CommMessage,
  CommTarget,
  WidgetChange,
  WidgetEvents,
  WidgetOptions,
} from "../display";
