// dist/kernelCommands.js: the session's second thread, which loads nothing that it does not use.
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { readCommands } from "./commandReader";
import type { ReaderData } from "./commandReader";

if (isMainThread || parentPort === null) throw new Error("this runs on a thread of its own");
readCommands(parentPort, workerData as ReaderData);
