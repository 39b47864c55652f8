import fs from "node:fs";
import path from "node:path";
import { addonStep, compilerStep } from "../../scripts/setup/addon.mjs";
import { createContext } from "../../scripts/setup/context.mjs";
import { parseEnvironment } from "../../scripts/setup/environment.mjs";
import { findPrebuilt, prebuiltFolder } from "../../scripts/setup/prebuilt.mjs";
import { Stamps } from "../../scripts/setup/stamps.mjs";
import { temporaryFolder, writeFiles } from "./support/temporaryFolder";

const root = path.resolve(__dirname, "..", "..");
const folder = temporaryFolder();
const environment = parseEnvironment(fs.readFileSync(path.join(root, "environment.yml"), "utf8"));
const pip = new Stamps(path.join(root, ".engine")).read("pip")?.result as { tensorflow: string };

/** A package with a prebuilt addon: this set-up's, or the given text. */
function packageWith(addon: string | null): string {
  const packageRoot = path.join(folder(), "package");
  const target = prebuiltFolder(packageRoot);
  writeFiles(target, { "prebuilt.json": JSON.stringify({ tensorflow: pip.tensorflow }) });
  for (const name of ["tfjs_binding.node", "tfjs_tensorflow.node"]) {
    const file = path.join(target, name);
    if (addon !== null) fs.writeFileSync(file, addon);
    else fs.copyFileSync(path.join(root, ".engine", "addon", name), file);
  }
  return packageRoot;
}

/** The context of set-up's steps in a project on a machine without a compiler. */
function contextFor(packageRoot: string): {
  context: ReturnType<typeof createContext>;
  said: string[];
} {
  const said: string[] = [];
  const given = {
    root: folder(),
    packageRoot,
    environment,
    say: (line: string) => said.push(line),
  };
  const context = createContext({ ...given, env: { PATH: "", LAYERBOOK_ENGINE: "cpu" } }, () => {});
  fs.mkdirSync(context.engineFolder);
  context.results["pip"] = pip;
  return { context, said };
}

describe("the addon that comes with the package", () => {
  const isLinux = `${process.platform}-${process.arch}` === "linux-x64";

  (isLinux ? it : it.skip)("is taken where it loads, without a compiler", async () => {
    const { context, said } = contextFor(packageWith(null));
    expect(await compilerStep.run(context)).toEqual({ compiler: null });
    const { folder: made, tensorflow } = await addonStep.run(context);
    expect(tensorflow).toBe(pip.tensorflow);
    expect(said).toEqual(["  the addon that came with the package"]);
    expect(fs.readdirSync(made).sort()).toEqual([
      "tensorflow.path",
      "tfjs_binding.node",
      "tfjs_tensorflow.node",
    ]);
  });

  (isLinux ? it : it.skip)("gives way to a compiler where it does not load", async () => {
    const { context, said } = contextFor(packageWith("not an addon"));
    await expect(addonStep.run(context)).rejects.toThrow("no C++ compiler found");
    expect(said).toEqual([expect.stringContaining("does not load here: compiling one")]);
  });

  it.each([
    ["in a checkout", { isCheckout: true }],
    ["for a GPU", { usesGpu: true }],
    ["for another TensorFlow", { tensorflow: "2.20.0" }],
    ["on another machine", { machine: "linux-arm64" }],
  ])("is left %s", (_where, change) => {
    const packageRoot = packageWith("any");
    const wanted = { packageRoot, isCheckout: false, usesGpu: false, machine: "linux-x64" };
    const { tensorflow } = pip;
    expect(findPrebuilt({ ...wanted, tensorflow })).toBe(prebuiltFolder(packageRoot));
    expect(findPrebuilt({ ...wanted, tensorflow, ...change })).toBeNull();
  });

  it("is missing in a package that was packed without it", () => {
    const wanted = { isCheckout: false, usesGpu: false, tensorflow: pip.tensorflow };
    expect(findPrebuilt({ ...wanted, packageRoot: folder() })).toBeNull();
  });
});
