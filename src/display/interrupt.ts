import { displayHost } from "./host";

const REQUESTED = 0;
const SECTIONS = 1;

/**
 * Whether the user pressed the notebook's stop button in this cell. A long loop should check this
 * between steps and return what it has; the result stays `true` until the cell ends.
 *
 * @example
 * interruptRequested(); // false
 */
export function interruptRequested(): boolean {
  const host = displayHost();
  return host !== null && Atomics.load(host.interruptFlag, REQUESTED) === 1;
}

/**
 * Runs a section that polls {@link interruptRequested} and stops by itself. While it runs, the kernel
 * only sets the flag: terminating the section would leave tfjs' scopes half open.
 *
 * @param section may be asynchronous; the section then lasts until its promise settles
 * @returns what the section returns
 * @example
 * withInterruptible(() => 7); // 7
 */
export function withInterruptible<T>(section: () => T): T {
  const host = displayHost();
  if (host === null) return section();
  const flag = host.interruptFlag;
  const leave = (): void => void Atomics.sub(flag, SECTIONS, 1);
  Atomics.add(flag, SECTIONS, 1);
  let result: T;
  try {
    result = section();
  } catch (error) {
    leave();
    throw error;
  }
  if (result instanceof Promise) return result.finally(leave) as T;
  leave();
  return result;
}
