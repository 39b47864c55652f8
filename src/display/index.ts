// Every public name, one line per module.
export {
  DISPLAY,
  SHOWN,
  setDisplayHost,
  type DisplayHost,
  type MimeBundle,
  type PublishOptions,
  type Comm,
  type CommExtras,
  type CommHandler,
  type CommHost,
  type CommMessage,
  type CommTarget,
} from "./host";
export { clearOutput, display, displayBundle, toMimeBundle, type DisplayOptions } from "./display";
export { input } from "./input";
export { interruptRequested, withInterruptible } from "./interrupt";
export {
  createProgress,
  type OutputStream,
  type Progress,
  type ProgressOptions,
  type ProgressOutcome,
  type ProgressValues,
} from "./progress";
export { registerDisplay, type DisplayFormat } from "./formats";
export { listComms, openComm, registerCommTarget } from "./comm";
export {
  Widget,
  widget,
  type WidgetChange,
  type WidgetEvents,
  type WidgetOptions,
} from "./widget/widget";
