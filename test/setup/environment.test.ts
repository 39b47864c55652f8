import fs from "node:fs";
import path from "node:path";
import {
  describeRange,
  parseEnvironment,
  placeInRange,
  tensorflowPin,
  tensorflowRequirement,
} from "../../scripts/setup/environment.mjs";
import { OP_DEFS_VERSION } from "../../src/engine/opDefs";

const root = path.resolve(__dirname, "..", "..");
const small = `# pins
name: demo
channels:
  - conda-forge
dependencies:
  - python>=3.10,<3.14   # the wheel's
  - pip
  - pip:
      - tensorflow-cpu==2.21.0
      - "jupyterlab==4.6.6"
`;
const range = parseEnvironment(small).python;

describe("environment.yml", () => {
  it("is read: the range of Python versions and pip's list", () => {
    expect(parseEnvironment(small)).toEqual({
      python: { from: [3, 10], below: [3, 14] },
      packages: ["tensorflow-cpu==2.21.0", "jupyterlab==4.6.6"],
    });
  });

  it("pins every package to one version in the project", () => {
    const { packages } = parseEnvironment(
      fs.readFileSync(path.join(root, "environment.yml"), "utf8"),
    );
    expect(packages.filter((line) => !/^[\w-]+==[\d.]+$/.test(line))).toEqual([]);
    // The ops table used to write recorded graphs comes from that version of TensorFlow.
    expect(tensorflowPin(packages)).toBe(OP_DEFS_VERSION);
  });

  it.each([
    ["no Python", small.replace(/ {2}- python.*\n/, "")],
    ["an open range", small.replace(/>=3.10,<3.14/, ">=3.10")],
    ["no TensorFlow", small.replace(/ {6}- tensorflow.*\n/, "")],
    ["a conda package beside pip", small.replace("  - pip\n", "  - pip\n  - numpy\n")],
    ["a mapping among the dependencies", small.replace("  - pip\n", "  numpy: 2\n")],
  ])("is refused with %s", (_what, text) => {
    expect(() => parseEnvironment(text)).toThrow(/environment\.yml: cannot read/);
  });
});

describe("a Python's version", () => {
  it.each([
    ["2.7.18", "too old"],
    ["3.9.18", "too old"],
    ["3.10.0", "fits"],
    ["3.13.0", "fits"],
    ["3.14.0", "too new"],
    ["4.0.0", "too new"],
  ])("%s %s", (version, place) => expect(placeInRange(version, range)).toBe(place));

  it("is described in words", () => expect(describeRange(range)).toBe("3.10 to 3.13"));
});

describe("TensorFlow's wheel", () => {
  it.each([
    ["linux", "x64", false, "tensorflow-cpu==2.21.0"],
    ["linux", "x64", true, "tensorflow[and-cuda]==2.21.0"],
    ["linux", "arm64", false, "tensorflow==2.21.0"],
    ["darwin", "arm64", false, "tensorflow==2.21.0"],
  ])("on %s %s, GPU %s, is %s", (platform, arch, gpu, requirement) => {
    expect(tensorflowRequirement("2.21.0", { gpu, platform, arch })).toBe(requirement);
  });
});
