import type { CellError } from "../session/channel";

/** An error that the protocol itself reports, in the form of a cell's error. */
export function protocolError(ename: string, evalue: string): CellError {
  return { ename, evalue, traceback: [`\u001b[1m${ename}\u001b[0m: ${evalue}`] };
}
