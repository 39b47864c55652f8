#!/usr/bin/env node
import { watchOutput } from "./outputErrors";
import { createProgram } from "./program";
import { reportError } from "./runAction";

async function main(): Promise<void> {
  const isVerbose = process.argv.includes("--verbose");
  watchOutput();
  try {
    await createProgram().parseAsync();
  } catch (error) {
    process.exitCode = reportError(error, isVerbose);
  }
}

void main();
