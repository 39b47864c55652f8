import fs from "node:fs";
import path from "node:path";
import {
  isSatisfied,
  listDistributions,
  removeBrokenPackages,
} from "../../scripts/setup/distributions.mjs";
import { temporaryFolder, writeFiles } from "./support/temporaryFolder";

const folder = temporaryFolder();

/** A package as installed by pip. */
function install(name: string, version = "1.0"): void {
  const info = `${name}-${version}.dist-info`;
  writeFiles(folder(), {
    [`${name}/__init__.py`]: "x = 1",
    [`${name}/a, b.py`]: "",
    [`${info}/METADATA`]: "m",
    [`${info}/INSTALLER`]: "pip",
    [`${info}/RECORD`]: `${name}/__init__.py,sha256=abc,5\n"${name}/a, b.py",sha256=abc,0\n${info}/RECORD,,\n`,
  });
}

const names = () => listDistributions(folder()).map(({ name }) => name);

describe("installed packages", () => {
  it("are read from the folder, with names as pip compares them", () => {
    install("tensorflow_cpu", "2.21.0");
    expect(listDistributions(folder())).toEqual([
      expect.objectContaining({ name: "tensorflow-cpu", version: "2.21.0" }),
    ]);
  });

  it.each([
    ["tensorflow-cpu==2.21.0", true],
    ["tensorflow_cpu", true],
    ["tensorflow-cpu[and-cuda]==2.21.0", true],
    ["tensorflow-cpu==2.21.*", true],
    ["tensorflow-cpu==2.20.*", false],
    ["tensorflow-cpu==2.21.1", false],
    ["tensorflow==2.21.0", false],
  ])("satisfies %s: %s", (requirement, expected) => {
    install("tensorflow_cpu", "2.21.0");
    expect(isSatisfied(listDistributions(folder()), requirement)).toBe(expected);
  });

  it("are none in a missing folder", () => {
    expect(listDistributions(path.join(folder(), "none"))).toEqual([]);
  });
});

describe("a package left by a killed pip", () => {
  it("is left alone if it is complete", () => {
    install("whole");
    expect(removeBrokenPackages(folder())).toEqual([]);
    expect(names()).toEqual(["whole"]);
  });

  it.each([
    ["a file that is missing", "cut/__init__.py"],
    ["its RECORD", "cut-1.0.dist-info/RECORD"],
    ["its METADATA", "cut-1.0.dist-info/METADATA"],
    ["its INSTALLER, written after the files", "cut-1.0.dist-info/INSTALLER"],
  ])("is reinstalled without %s", (_what, file) => {
    install("cut");
    install("whole");
    fs.rmSync(path.join(folder(), file));
    expect(removeBrokenPackages(folder())).toEqual(["cut"]);
    expect(names()).toEqual(["whole"]);
  });

  it("is reinstalled if a file is truncated", () => {
    install("cut");
    writeFiles(folder(), { "cut/__init__.py": "x" });
    expect(removeBrokenPackages(folder())).toEqual(["cut"]);
  });

  it("loses the folders that pip renames while replacing it", () => {
    install("~ensorflow");
    expect(removeBrokenPackages(folder())).toEqual([]);
    expect(fs.readdirSync(folder())).toEqual([]);
  });
});
