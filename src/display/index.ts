export { DISPLAY, SHOWN, setDisplayHost } from "./host";
export type { DisplayHost, MimeBundle, PublishOptions } from "./host";
export { clearOutput, display, displayBundle, toMimeBundle } from "./display";
export type { DisplayOptions } from "./display";
export { input } from "./input";
export { interruptRequested, withInterruptible } from "./interrupt";
export { createProgress } from "./progress";
export type {
  OutputStream,
  Progress,
  ProgressOptions,
  ProgressOutcome,
  ProgressValues,
} from "./progress";
export { registerDisplay } from "./formats";
export type { DisplayFormat } from "./formats";
export { listComms, openComm, registerCommTarget } from "./comm";
export type { Comm, CommExtras, CommHandler, CommHost, CommMessage, CommTarget } from "./host";
export { Widget, widget } from "./widget/widget";
export type { WidgetChange, WidgetEvents, WidgetOptions } from "./widget/widget";
