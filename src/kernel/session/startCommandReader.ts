// dist/kernelCommands.js: the session's second thread; it loads only what it uses.
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { readCommands } from "./commandReader";
import type { ReaderData } from "./commandReader";

if (isMainThread || parentPort === null) throw new Error("this script must run as a worker thread");
readCommands(parentPort, workerData as ReaderData);
