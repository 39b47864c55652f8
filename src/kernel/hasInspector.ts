/** Whether this Node has an inspector, which debugging needs; some builds do not. */
export function hasInspector(): boolean {
  return (process.features as { readonly inspector?: boolean }).inspector === true;
}
