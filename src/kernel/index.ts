// `layerbook/kernel`: the notebook kernel's place among Jupyter's.
export { installKernel, listKernels, uninstallKernel } from "./kernelspec";
export type { InstalledKernel, InstallOptions, KernelScope } from "./kernelspec";
