import type { CellError } from "../session/channel";

/** An error as a cell shows it, for what the protocol itself has to report. */
export function protocolError(ename: string, evalue: string): CellError {
  return { ename, evalue, traceback: [`\u001b[1m${ename}\u001b[0m: ${evalue}`] };
}
