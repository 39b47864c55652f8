import { asWriteError } from "../files/systemErrors";
import { reportError } from "./runAction";

/**
 * Handles errors from writing output. Without a listener, they would end the process with a stack trace in the
 * middle of a training whose files can still be written.
 */
export function watchOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // The reader has closed the pipe: `layerbook runs | head`.
    if (error.code === "EPIPE") process.exit();
    process.exitCode = reportError(asWriteError("stdout", error), false);
  });
  // There is nowhere else to report it.
  process.stderr.on("error", () => undefined);
}
