import { displayHost } from "../host";
import type { Comm } from "../host";
import { splitBuffers } from "./state";

/** The version of the jupyter-widgets protocol. */
export const PROTOCOL_VERSION = "2.1.0";
/** The comm target for widgets. */
export const WIDGET_TARGET = "jupyter.widget";
/** The comm target by which a frontend requests the states of all widgets. */
const CONTROL_TARGET = "jupyter.widget.control";

/** A widget that the frontend can reach: its comm and its complete state. */
export interface LiveWidget {
  readonly comm: Comm;
  readonly wholeState: () => Readonly<Record<string, unknown>>;
}

/** Stored on `globalThis`, since a notebook may load two builds of this module. */
const LIVE: unique symbol = Symbol.for("layerbook.widgets") as never;

function liveWidgets(): Map<string, LiveWidget> {
  const holder = globalThis as { [LIVE]?: Map<string, LiveWidget> };
  return (holder[LIVE] ??= new Map<string, LiveWidget>());
}

/** Sends the states of all widgets, which a frontend requests when it connects to a running kernel. */
function sendStates(comm: Comm): void {
  const states = Object.fromEntries(
    [...liveWidgets()].map(([id, { wholeState }]) => {
      const state = wholeState();
      return [
        id,
        {
          model_name: state["_model_name"],
          model_module: state["_model_module"],
          model_module_version: state["_model_module_version"],
          state,
        },
      ];
    }),
  );
  const { state, bufferPaths, buffers } = splitBuffers(states);
  comm.send({ method: "update_states", states: state, buffer_paths: bufferPaths }, { buffers });
}

/** Registers a widget until its comm closes, so that a reloaded page finds it. */
export function addLiveWidget(widget: LiveWidget): void {
  const live = liveWidgets();
  if (live.size === 0) {
    displayHost()?.comms.register(CONTROL_TARGET, (control) => {
      control.on("message", ({ data }) => {
        if (data["method"] === "request_states") sendStates(control);
      });
    });
  }
  live.set(widget.comm.id, widget);
}

export function removeLiveWidget(id: string): void {
  liveWidgets().delete(id);
}
