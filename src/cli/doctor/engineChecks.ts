import { spawnSync } from "node:child_process";
import os from "node:os";
import * as z from "zod";
import { resolvePackage } from "../../files/packages";
import type { Check } from "./check";
import { broken, note, ok } from "./check";
import type { Project } from "./project";

const probeAnswer = z.object({
  backend: z.string(),
  tensorflow: z.string(),
  usesGpu: z.boolean(),
  sum: z.number(),
});

/** The report of a separate process that loads the engine and multiplies two matrices. */
export type EngineProbe =
  { readonly answer: z.infer<typeof probeAnswer> } | { readonly problem: string };

const side = 8;
const probeCode = `
const tf = require(process.argv[1]);
const ones = tf.ones([${side}, ${side}]);
console.log(JSON.stringify({
  backend: tf.getBackend(),
  tensorflow: tf.backend().binding.TF_Version,
  usesGpu: tf.backend().isUsingGpuDevice,
  sum: tf.matMul(ones, ones).sum().dataSync()[0],
}));`;

/** Loads the engine in a separate process, since an incompatible library may crash it. */
export function probeEngine(): EngineProbe {
  let file: string;
  try {
    file = resolvePackage("@tensorflow/tfjs-node-gpu");
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  const child = spawnSync(process.execPath, ["-e", probeCode, file], {
    encoding: "utf8",
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" },
    timeout: 120_000,
  });
  if (child.status !== 0) return { problem: problemOf(child.stderr, child.signal) };
  const answer = probeAnswer.safeParse(JSON.parse(child.stdout.trim().split("\n").at(-1) ?? ""));
  return answer.success ? { answer: answer.data } : { problem: z.prettifyError(answer.error) };
}

/** The most informative line of a crash. */
function problemOf(stderr: string, signal: NodeJS.Signals | null): string {
  if (signal === "SIGILL") return "the processor lacks instructions that TensorFlow uses (AVX)";
  const lines = stderr.split("\n").map((line) => line.trim());
  const error = lines.find((line) => /^(\w*Error|Fatal|terminate called)\b/.test(line));
  return error ?? (signal === null ? (lines[0] ?? "it failed") : `it was killed by ${signal}`);
}

/** Checks engine, TensorFlow, devices and threads. */
export function checkEngine(
  probe: EngineProbe,
  { setupCommand }: Project,
  env: NodeJS.ProcessEnv,
): Check[] {
  if ("problem" in probe) {
    const remedy = `Run \`${setupCommand}\`; until then layers run on tfjs' JavaScript backend, which is much slower.`;
    return [broken("engine", probe.problem, remedy)];
  }
  const { backend, tensorflow, usesGpu, sum } = probe.answer;
  const engine =
    backend === "tensorflow" && sum === side ** 3
      ? ok("engine", "native TensorFlow under tfjs")
      : broken(
          "engine",
          `backend ${backend}, a product of ones summed to ${sum} instead of ${side ** 3}`,
          `Run \`${setupCommand}\`.`,
        );
  return [engine, ok("TensorFlow", tensorflow), checkDevices(usesGpu), checkThreads(env)];
}

function checkDevices(usesGpu: boolean): Check {
  if (usesGpu) return ok("devices", `CPU, ${gpuNames().join(", ") || "GPU"}`);
  const names = gpuNames();
  if (names.length === 0) return ok("devices", "CPU");
  return note(
    "devices",
    `CPU; TensorFlow does not use ${names.join(", ")}`,
    "Run set-up with LAYERBOOK_ENGINE=gpu for TensorFlow's CUDA wheel.",
  );
}

function gpuNames(): string[] {
  const { stdout } = spawnSync("nvidia-smi", ["-L"], { encoding: "utf8", timeout: 20_000 });
  return [...((stdout as string | null) ?? "").matchAll(/^GPU \d+: (.+?)(?: \(UUID.*)?$/gm)].map(
    ([, name]) => name ?? "GPU",
  );
}

function checkThreads(env: NodeJS.ProcessEnv): Check {
  const cores = os.availableParallelism();
  const limits = ["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"].flatMap(
    (name) => (env[name] === undefined ? [] : [`${name}=${env[name]}`]),
  );
  const value = `${cores} core${cores === 1 ? "" : "s"}${limits.length === 0 ? "" : ` (${limits.join(", ")})`}`;
  return ok("threads", value);
}
