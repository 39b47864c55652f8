// dist/kernelCommands.js: the session's second thread; it loads only what it uses.
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { readCommands } from "./commandReader";
import type { ReaderData } from "./commandReader";

if (isMainThread || parentPort === null) throw new Error("this runs on a thread of its own");
readCommands(parentPort, workerData as ReaderData);
