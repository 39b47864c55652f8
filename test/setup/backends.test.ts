import path from "node:path";
import { runCommand } from "./support/consumer";

const root = path.resolve(__dirname, "..", "..");

it("docs/backends.md lists what each backend can run and train", () => {
  const script = path.join(root, "scripts", "opTable.mjs");
  const { status, stderr } = runCommand(process.execPath, [script, "--check"], root);
  expect({ status, stderr }).toMatchObject({ status: 0 });
}, 120_000);
