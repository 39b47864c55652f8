import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..");

describe("the built package", () => {
  // A bundler that considers a registration file free of side effects would drop it.
  it("registers every native op of the engine", () => {
    const shown = execFileSync(
      process.execPath,
      [join(root, "dist", "cli.js"), "doctor", "--ops"],
      {
        encoding: "utf8",
      },
    );
    const rows = shown.trim().split("\n").slice(1);
    const files = readdirSync(join(root, "src", "engine", "ops")).length - 1;
    // Some files register several ops.
    expect(rows.length).toBeGreaterThanOrEqual(files);
    for (const row of rows) expect(row).toMatch(/^\w+\s+native\s/);
  });
});
