import fs from "node:fs";
import path from "node:path";
import { runCommand } from "./support/consumer";

const root = path.resolve(__dirname, "..", "..");

/** This Node, and those installed by `node scripts/otherNodes.mjs`. */
const nodes: [string, string][] = [
  ["this Node", process.execPath],
  ...["node22", "node24"].map((name): [string, string] => [
    name,
    path.join(root, ".engine", "nodes", "node_modules", name, "bin", "node"),
  ]),
];
const program = `
const tf = require("@tensorflow/tfjs-node-gpu");
const x = tf.tensor2d([[1, 2], [3, 4]]);
const stacked = tf.stack([x, x]).sum().dataSync()[0];
const largest = tf.topk(x, 1).values.sum().dataSync()[0];
console.log(tf.getBackend(), tf.backend().binding.TF_Version.split(".").length, stacked, largest);
`;

describe("a plain import of tfjs-node-gpu, anywhere in the tree", () => {
  for (const [name, node] of nodes) {
    const isThere = fs.existsSync(node);
    // Reported as skipped if it is not installed.
    const run = isThere ? it : it.skip;
    const title = isThere ? name : `${name} (\`node scripts/otherNodes.mjs\` brings it)`;
    run(
      `works in ${title}, and in silence where that is asked for`,
      () => {
        const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "2" };
        const answer = runCommand(node, ["-e", program], path.join(root, "src", "core"), env);
        expect(answer).toEqual({ status: 0, stdout: "tensorflow 3 20 6\n", stderr: "" });
      },
      60_000,
    );
  }
});
