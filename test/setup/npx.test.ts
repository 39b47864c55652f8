import fs from "node:fs";
import path from "node:path";
import { linkStep } from "../../scripts/setup/build.mjs";
import { runCommand } from "./support/consumer";
import { temporaryFolder } from "./support/temporaryFolder";

const root = path.resolve(__dirname, "..", "..");
const folder = temporaryFolder();

/** A fresh git clone: the files that the command needs, and nothing made by set-up or npm. */
function freshClone(): string {
  const clone = folder();
  for (const name of ["scripts", "package.json", "environment.yml"]) {
    fs.cpSync(path.join(root, name), path.join(clone, name), { recursive: true });
  }
  return clone;
}

const layerbook = (clone: string, ...args: string[]) =>
  runCommand(process.execPath, [path.join(clone, "scripts", "layerbook.mjs"), ...args], clone);

interface Diagnosis {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly state: string }[];
}

describe("npx layerbook", () => {
  it("is a file of the repository, so that npx links it before dist/ exists", () => {
    const { bin } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as {
      bin: { layerbook: string };
    };
    const { stdout } = runCommand("git", ["ls-files", "--stage", bin.layerbook], root);
    // 100755: npx runs it as a program.
    expect(stdout).toMatch(/^100755 /);
  });

  it("diagnoses a fresh clone", () => {
    const { status, stdout, stderr } = layerbook(freshClone(), "doctor", "--json");
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    const { ok, checks } = JSON.parse(stdout) as Diagnosis;
    expect(ok).toBe(false);
    expect(checks.map(({ name, state }) => `${name}: ${state}`)).toEqual(
      expect.arrayContaining(["layerbook: broken", "Node packages: broken"]),
    );
  });

  it("says what to run first if a command needs the build", () => {
    const { status, stderr } = layerbook(freshClone(), "train", "--data", "phantom");
    expect(status).toBe(2);
    expect(stderr).toMatch(/not built yet\. Run `npm run setup`\./);
  });

  it("diagnoses a build whose packages are missing", () => {
    const clone = freshClone();
    fs.cpSync(path.join(root, "dist"), path.join(clone, "dist"), { recursive: true });
    const { status, stdout } = layerbook(clone, "doctor");
    expect(status).toBe(1);
    expect(stdout).toMatch(/^BROKEN {2}layerbook +Cannot find module '@tensorflow\/tfjs'/m);
  });

  it("is linked by set-up together with the package's name, before anything is built", async () => {
    const clone = freshClone();
    const context = { root: clone } as Parameters<typeof linkStep.run>[0];
    await linkStep.run(context);
    expect(linkStep.isWhole(context, null)).toBe(true);
    const command = path.join(clone, "node_modules", ".bin", "layerbook");
    expect(runCommand(command, ["--version"], clone)).toMatchObject({ status: 0 });
  });
});
