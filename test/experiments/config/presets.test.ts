import { ConfigError } from "../../../src/core/errors";
import { PRESET_NAMES, presetConfig } from "../../../src/experiments/config/presets";

describe("presetConfig", () => {
  it("has the paper's protocol", () => {
    const { size, epochs, folds, optimizer, loss, augmentation, model } = presetConfig("paper");
    expect({ size, epochs, folds, optimizer, loss, augmentation }).toEqual({
      size: 369,
      epochs: 100,
      folds: 10,
      optimizer: expect.objectContaining({
        name: "adam",
        learningRate: 0.001,
        clipNorm: null,
        weightDecay: 0,
      }) as unknown,
      loss: expect.objectContaining({ name: "crossEntropy", classWeights: null }) as unknown,
      augmentation: "paper",
    });
    expect(model.attentionLevels).toBe("all");
  });

  it.each(PRESET_NAMES)("%s has its own name and is valid", (name) => {
    expect(presetConfig(name).preset).toBe(name);
  });

  it("merges nested settings and replaces a schedule as a whole", () => {
    const config = presetConfig("smoke", {
      model: { filters: 4 },
      schedule: { name: "constant" },
    });
    expect(config.model).toEqual({ ...presetConfig("smoke").model, filters: 4 });
    expect(config.schedule).toEqual({ name: "constant" });
  });

  it.each([
    [{ epochs: 0 }, /config\.epochs: expected a number > 0, got 0/],
    [{ size: 7.5 }, /config\.size: expected an integer, got 7\.5/],
    [{ optimizer: { learningRate: -1 } }, /config\.optimizer\.learningRate: expected .*, got -1/],
    [
      { augmentation: "mirror" as never },
      /config\.augmentation: expected .*"paper".*, got "mirror"/,
    ],
    [{ epoch: 3 } as never, /config: expected .*, got "epoch"\. Did you mean "epochs"\?/],
    [{ model: { filter: 3 } } as never, /config\.model: expected one of filters, depth/],
  ])("names the setting that does not fit: %j", (overrides, message) => {
    expect(() => presetConfig("quick", overrides)).toThrow(ConfigError);
    expect(() => presetConfig("quick", overrides)).toThrow(message);
  });

  it("lists the presets for an unknown one", () => {
    expect(() => presetConfig("fast")).toThrow(
      'preset: expected one of smoke, demo, quick, best, paper, got "fast"',
    );
  });
});
