import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { interleave, printRatios } from "../support/contenders";
import type { BenchOptions, Row } from "../support/contenders";

/** A kernel, with the same cells in its language. */
interface KernelUnderTest {
  readonly language: string;
  readonly kernel: Readonly<Record<string, unknown>>;
  readonly first: string;
  /** COUNT is replaced by a different number each time. */
  readonly cell: string;
  /** Typical cells: values, declarations and output. COUNT is replaced here too. */
  readonly cells: readonly string[];
  /** Loads TensorFlow and runs one op; null if its package is not installed. */
  readonly tensorflow: string | null;
  readonly complete: string;
  /** Prints, then loops forever; null if an interrupt is known to kill the kernel. */
  readonly loop: string | null;
}

const SCRIPT = {
  first: "1 + 1",
  cell: "[1, 2, 3].map((x) => x * COUNT)",
  cells: [
    "const aCOUNT = [1, 2, 3].map((x) => x * COUNT); aCOUNT",
    "interface PCOUNT { x: number }\nconst pCOUNT: PCOUNT = { x: COUNT }; pCOUNT",
    "function fCOUNT(x: number) { return x + COUNT; }\nfCOUNT(2)",
    'console.log(COUNT, "text")',
    'const sCOUNT = "x".repeat(COUNT); sCOUNT.length',
  ],
  tensorflow: null,
  complete: "Math.ma",
  loop: "console.log('on'); while (true) {}",
};

function kernels(): Readonly<Record<string, KernelUnderTest>> {
  const python = resolve(".venv", "bin", "python");
  const deno = ["deno", ".engine/deno/node_modules/.bin/deno"]
    .map((path) => resolve(path))
    .find((path) => existsSync(path));
  return {
    layerbook: {
      ...SCRIPT,
      tensorflow: "loadEngine();\ntf.matMul(tf.ones([64, 64]), tf.ones([64, 64])).dataSync()[0]",
      language: "typescript",
      kernel: {
        argv: [process.execPath, resolve("dist", "kernel.js"), "{connection_file}"],
        interrupt_mode: "message",
      },
    },
    tslab: {
      ...SCRIPT,
      language: "typescript",
      kernel: {
        argv: [
          process.execPath,
          resolve("node_modules", "tslab", "bin", "tslab"),
          "kernel",
          "--config-path={connection_file}",
        ],
      },
    },
    // Installed by `npm install --prefix .engine/deno deno`; without it only the others are compared.
    ...(deno === undefined
      ? {}
      : {
          deno: {
            ...SCRIPT,
            language: "typescript",
            loop: null,
            kernel: { argv: [deno, "jupyter", "--kernel", "--conn", "{connection_file}"] },
          },
        }),
    ipykernel: {
      language: "python",
      kernel: { argv: [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"] },
      first: "1 + 1",
      cell: "[x * COUNT for x in [1, 2, 3]]",
      cells: [
        "aCOUNT = [x * COUNT for x in [1, 2, 3]]; aCOUNT",
        "class PCOUNT:\n    x = COUNT\npCOUNT = PCOUNT(); pCOUNT",
        "def fCOUNT(x):\n    return x + COUNT\nfCOUNT(2)",
        'print(COUNT, "text")',
        'sCOUNT = "x" * COUNT\nlen(sCOUNT)',
      ],
      tensorflow:
        "import tensorflow as tf\nfloat(tf.matmul(tf.ones([64, 64]), tf.ones([64, 64]))[0, 0])",
      complete: "max",
      loop: "print('on', flush=True)\nwhile True: pass",
    },
  };
}

const CASES = [
  // From the start of the process to the end of the first cell.
  { name: "start and first cell", kind: "start", most: 7 },
  { name: "trivial cell", kind: "cell", most: 50 },
  { name: "completion", kind: "completion", most: 20 },
  { name: "interrupt of a loop", kind: "interrupt", most: 10 },
  // Once after two warm-up rounds: 300 cells in all, and the memory used afterwards.
  { name: "100 cells", kind: "cells", most: 1 },
  { name: "100 cells, TensorFlow loaded", kind: "tensorflow", most: 1 },
] as const;

/**
 * Start, first cell, a trivial cell, completion and interrupt, compared with tslab, Deno's kernel and
 * ipykernel. layerbook starts with the toolkit's names loaded and typed, the others with nothing.
 *
 * Jupyter runs from .venv, where the kernel is installed, not from the peers' environment.
 */
export async function benchKernel(_python: string, { repetitions }: BenchOptions): Promise<Row[]> {
  const python = resolve(".venv", "bin", "python");
  const rows: Row[] = [];
  for (const { name, kind, most } of CASES) {
    const contenders = Object.entries(kernels())
      .filter(([, { loop }]) => kind !== "interrupt" || loop !== null)
      .filter(([, { tensorflow }]) => kind !== "tensorflow" || tensorflow !== null)
      .map(([implementation, spec]) => ({
        implementation,
        command: [python, "bench/kernel/peers.py", implementation, JSON.stringify(spec), kind],
      }));
    // The target for the trivial cell is a median of 50.
    const wanted = kind === "cell" && repetitions > 3 ? most : Math.min(repetitions, most);
    const found = await interleave(name, contenders, wanted);
    printRatios(found.rows, "layerbook");
    rows.push(...found.rows);
  }
  return rows;
}
