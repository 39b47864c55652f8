import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../../src/core/errors";
import { expectNotInput } from "../../src/files/expectNotInput";
import { tempFolder } from "../support/tempFolder";

const root = tempFolder();
const at = (...names: string[]): string => join(root, ...names);

describe("expectNotInput", () => {
  beforeAll(() => {
    mkdirSync(at("scans"));
    writeFileSync(at("scans", "a.nii.gz"), "scan");
    writeFileSync(at("mask.nii.gz"), "mask");
    symlinkSync(at("scans"), at("link"));
    linkSync(at("scans", "a.nii.gz"), at("hard.nii.gz"));
  });

  it.each([
    ["the path itself", () => at("scans", "a.nii.gz")],
    ["another spelling of it", () => `${root}/scans/../scans/./a.nii.gz`],
    ["a folder that is a link", () => at("link", "a.nii.gz")],
    ["a hard link", () => at("hard.nii.gz")],
  ])("rejects %s", async (_, output) => {
    const refused = expectNotInput([at("new.nii"), output()], [at("scans", "a.nii.gz")]);
    await expect(refused).rejects.toThrow(ConfigError);
    await expect(refused).rejects.toThrow(
      /which would be overwritten\. Choose another output path/,
    );
  });

  it("accepts new files, other files, and missing inputs", async () => {
    const outputs = [at("new.nii"), at("mask.nii.gz")];
    await expectNotInput(outputs, [at("scans", "a.nii.gz"), at("gone.nii")]);
  });
});
