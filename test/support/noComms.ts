import type { CommHost } from "../../src/display";

/** The comms of a display host in tests that open none. */
export const noComms: CommHost = {
  open: () => {
    throw new Error("no comm is expected here");
  },
  register: () => () => undefined,
  list: () => [],
};
