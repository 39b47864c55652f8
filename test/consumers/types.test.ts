import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { consumerFolder, describeConsumers, runIn } from "./consumers";

const versions = JSON.parse(
  readFileSync(path.join(__dirname, "typescripts.json"), "utf8"),
) as string[];

interface Options {
  readonly compilerOptions: Readonly<Record<string, unknown>>;
}

const strict = JSON.parse(
  readFileSync(path.join(__dirname, "typescript", "tsconfig.json"), "utf8"),
) as Options;

/** The compiler's errors in the program and in our declarations; tfjs' own have errors. */
async function errorsOf(version: string, changes: Options["compilerOptions"]): Promise<string[]> {
  const name = `tsconfig-${version}-${Object.values(changes).join("-")}.json`;
  const compilerOptions = { ...strict.compilerOptions, skipLibCheck: false, ...changes };
  writeFileSync(
    path.join(consumerFolder("typescript"), name),
    JSON.stringify({ ...strict, compilerOptions }),
  );
  const tsc = path.join("..", "node_modules", `typescript-${version}`, "bin", "tsc");
  const { output } = await runIn("typescript", process.execPath, [tsc, "-p", name]);
  return output
    .split("\n")
    .filter((line) => /error TS/.test(line))
    .filter((line) => !/node_modules\/(?!layerbook\/)/.test(line));
}

describeConsumers("declarations, with skipLibCheck off", () => {
  it.concurrent.each(versions)("strict in TypeScript %s", async (version) => {
    expect(await errorsOf(version, {})).toEqual([]);
  });

  it.concurrent.each([versions[0], "5.9.3", versions.at(-1) ?? ""])(
    "not strict in TypeScript %s, for a bundler",
    async (version) => {
      const loose = { strict: false, exactOptionalPropertyTypes: false };
      const bundler = { module: "esnext", moduleResolution: "bundler" };
      expect(await errorsOf(version, { ...loose, ...bundler })).toEqual([]);
    },
  );

  it.concurrent.each([
    ["5.0.4", "node16", "node16"],
    ["5.9.3", "node16", "node16"],
    ["5.0.4", "commonjs", "node10"],
    ["5.9.3", "commonjs", "node10"],
  ])("in TypeScript %s for %s, resolved as %s", async (version, module, moduleResolution) => {
    expect(await errorsOf(version, { module, moduleResolution })).toEqual([]);
  });

  it("finds an error where there is one", async () => {
    // Without the DOM library there are no types for console; with an old target there is no `#private`.
    const errors = await errorsOf("5.9.3", { module: "commonjs", moduleResolution: "classic" });
    expect(errors.join("\n")).toMatch(/main\.ts.*Cannot find module 'layerbook/);
  });
});
