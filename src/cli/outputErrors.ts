import { asWriteError } from "../files/systemErrors";
import { reportError } from "./runAction";

/**
 * What is printed may be refused by the system. Without a listener that ends the process with a stack, in
 * the middle of a training whose files could still be written.
 */
export function watchOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // The reader has seen enough: `layerbook runs | head`.
    if (error.code === "EPIPE") process.exit();
    process.exitCode = reportError(asWriteError("stdout", error), false);
  });
  // There is no other place to say so.
  process.stderr.on("error", () => undefined);
}
