// `layerbook/kernel`: the notebook kernel's place among Jupyter's.
export { installKernel, listKernels, uninstallKernel } from "./kernelspec";
export type { InstalledKernel, InstallOptions, KernelScope } from "./kernelspec";
// Comms and widgets, for libraries that want nothing else of the toolkit.
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
