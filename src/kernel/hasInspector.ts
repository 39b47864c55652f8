/** Whether this Node can debug: some builds have no inspector. */
export function hasInspector(): boolean {
  return (process.features as { readonly inspector?: boolean }).inspector === true;
}
