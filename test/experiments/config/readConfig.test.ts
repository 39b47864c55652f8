import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { decisiveSettings } from "../../../src/experiments/config/fingerprint";
import { presetConfig } from "../../../src/experiments/config/presets";
import { readConfig } from "../../../src/experiments/config/readConfig";
import { leavesOf } from "../../../src/experiments/config/setting";
import { trainingConfigSchema } from "../../../src/experiments/config/trainingConfig";
import { DEFAULT_AUGMENTATION } from "../../../src/data/augment/augment";
import { tempFolder } from "../../support/tempFolder";

const folder = tempFolder();

describe("readConfig", () => {
  it("uses the preset of the file, and assignments override it", async () => {
    const file = join(folder, "config.json");
    writeFileSync(file, JSON.stringify({ preset: "smoke", epochs: 3, model: { depth: 2 } }));
    const config = await readConfig({ file, assignments: ["epochs=5", "loss.name=focal"] });
    expect(config).toEqual(
      presetConfig("smoke", { epochs: 5, model: { depth: 2 }, loss: { name: "focal" } }),
    );
  });

  it("applies a file's settings to a given preset", async () => {
    const file = join(folder, "part.json");
    writeFileSync(file, JSON.stringify({ epochs: 3 }));
    expect(await readConfig({ preset: "paper", file })).toEqual(
      presetConfig("paper", { epochs: 3 }),
    );
  });

  it.each([
    ["epoch=3", /config: expected one of .*, got "epoch"\. Did you mean "epochs"\?/],
    ["model.width=3", /config\.model: expected one of filters, .*, got "width"/],
    ["schedule.floor=0", /config\.schedule: expected a whole value.*--set 'schedule=\{\.\.\.\}'/],
    ["epochs", /--set: expected path=value, got "epochs"/],
    ["size=big", /config\.size: expected a number, got "big"/],
    ["augmentationStrength.scale=[2,1]", /augmentationStrength\.scale: .*low <= high/],
    [
      "preset=best",
      /--set preset: expected the preset as a separate option, .*Write --preset best/,
    ],
    ["batchSize=1e9", /batchSize: expected a number <= 4096, got 1000000000/],
    ["model.filters=99999999", /model\.filters: expected a number <= 4096, got 99999999/],
    ["inference.overlap=1", /overlap: expected a number < 1, got 1/],
    ["learningRate=0.1", /got "learningRate"\. Did you mean "optimizer\.learningRate"\?/],
    [
      "inference.decoding=rankdice",
      /decoding: expected one of "argmax", "rankDice", got "rankdice"\. Did you mean "rankDice"\?/,
    ],
    [
      'schedule={"name":"cosin"}',
      /schedule\.name: expected one of "constant", .*, got "cosin"\. Did you mean "cosine"\?/,
    ],
    ["schedule=cosine", /expected an object, got "cosine"\. Write it as JSON, such as \{"name":/],
    ['schedule={"name":"exponential"}', /schedule\.floor: expected a number, got nothing/],
    ["model=unet", /config\.model: expected an object, got "unet"/],
    ["epochs=1e999", /config.epochs: expected a number, got Infinity/],
    ['schedule={"name":"constant","name":"cosine"}', /--set schedule: .* once, got "name" twice/],
    [
      'data.classNames=["background","lesion","lesion"]',
      /data\.classNames: expected a different name for each class, or null, got \["background"/,
    ],
    ['data.labels={"01":1}', /labels.01: expected an integer as the value of a mask, got 1/],
    ['data.labels={"a":1}', /labels.a: expected an integer as the value of a mask, got 1/],
  ])("rejects --set %s", async (assignment, message) => {
    await expect(readConfig({ assignments: [assignment] })).rejects.toThrow(message);
  });

  it.each([
    ['{ "epochs": 3, // few\n }', /got comments, which JSON does not have/],
    ['{ "epochs": 3, }', /got a comma before a closing bracket, which is not JSON/],
    ["", /got an empty file/],
    ["epochs: 3", /got text that is not JSON/],
    ['{ "__proto__": { "epochs": 3 } }', /config: expected one of .*, got "__proto__"/],
    [
      '{ "epochs": 3, "model": { "depth": 1 }, "epochs": 5 }',
      /bad\.json: expected each setting once, got "epochs" twice\. Remove one of them/,
    ],
    ['{ "model": { "depth": 1, "depth": 2 } }', /got "model\.depth" twice/],
    ['{ "patience": "none" }', /config\.patience: expected a number, or null, got "none"/],
    ['{ "window": 3 }', /config\.window: expected a list, or null, got 3/],
  ])("rejects the file %j", async (text, message) => {
    const file = join(folder, "bad.json");
    writeFileSync(file, text);
    await expect(readConfig({ file })).rejects.toThrow(message);
  });

  it("accepts a file with a byte order mark, and text with slashes", async () => {
    const file = join(folder, "mark.json");
    writeFileSync(file, `\uFEFF${JSON.stringify({ model: { encoderWeights: "a//b,]" } })}`);
    expect((await readConfig({ file })).model.encoderWeights).toBe("a//b,]");
  });
});

describe("the schema", () => {
  it("has a named setting with help for every value of a configuration", () => {
    const flat = (value: unknown, path: string[]): string[] =>
      leaves.has(path.join(".")) || typeof value !== "object" || value === null
        ? [path.join(".")]
        : Object.entries(value).flatMap(([key, inner]) => flat(inner, [...path, key]));
    const leaves = new Map(
      leavesOf(trainingConfigSchema).map((leaf) => [leaf.path.join("."), leaf]),
    );
    expect(flat(trainingConfigSchema.parse({}), [])).toEqual([...leaves.keys()]);
    for (const { help } of leaves.values()) expect(help.length).toBeGreaterThan(5);
  });

  it("has the augmentation's own defaults", () => {
    expect(trainingConfigSchema.parse({}).augmentationStrength).toEqual(DEFAULT_AUGMENTATION);
  });

  it("fingerprints what affects a result, not labels or how a step runs", () => {
    const base = decisiveSettings(presetConfig("quick"));
    const same = decisiveSettings({ ...presetConfig("quick"), preset: "mine", compiled: false });
    expect(same).toEqual(base);
    const other = decisiveSettings(presetConfig("quick", { optimizer: { clipNorm: 2 } }));
    expect([...other].filter(([path, value]) => base.get(path) !== value)).toEqual([
      ["optimizer.clipNorm", "2"],
    ]);
  });
});
