/**
 * A wide picture that scrolls on a phone, where `max-width: 100%` alone would shrink its text until it
 * cannot be read.
 */
export function scrollable(picture: string, minWidth: number): string {
  return `<div style="overflow-x:auto" tabindex="0" role="group" aria-label="Chart"><div style="min-width:${minWidth}px">${picture}</div></div>`;
}
