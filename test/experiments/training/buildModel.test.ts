import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadEngine } from "../../../src/engine/load";
import { writeSafetensorsFile } from "../../../src/engine/weights/safetensorsFile";
import { presetConfig } from "../../../src/experiments/config/presets";
import { buildModel, expectArchitecture } from "../../../src/experiments/training/buildModel";
import { efficientnetLite0, efficientnetLite0Names } from "../../../src/models/efficientnetLite0";
import { collectWeights } from "../../../src/models/weights/assignWeights";

loadEngine();
const folder = mkdtempSync(join(tmpdir(), "encoder-weights-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("model.encoderWeights", () => {
  it("fills the encoder from a file", () => {
    const path = join(folder, "imagenet.safetensors");
    const source = efficientnetLite0({ inputShape: [32, 32, 3], seed: 9 });
    writeSafetensorsFile(path, collectWeights(source, efficientnetLite0Names));
    const config = presetConfig("smoke", { size: 32, model: { encoderWeights: path } });
    const built = buildModel("efficientnetUnet", config, 3);
    const kernelOf = (network: typeof built): Float32Array =>
      network.getLayer("block3.project").getWeights()[0].dataSync<"float32">();
    expect(kernelOf(built)).toEqual(kernelOf(source));
  });

  it("is rejected for a model without such an encoder, and for a missing file", () => {
    const config = presetConfig("smoke", { size: 32, model: { encoderWeights: "none.pth" } });
    expect(() => expectArchitecture("unet", config.model)).toThrow(
      /config.model.encoderWeights: expected null for model unet, got "none.pth"/,
    );
    expect(() => buildModel("efficientnetUnet", config, 3)).toThrow(
      /none.pth: expected a PyTorch file, got ENOENT/,
    );
  });
});

describe("buildModel", () => {
  it("suggests the model or preset that was meant", () => {
    const config = presetConfig("smoke");
    expect(() => buildModel("residualAttentionUnt", config, 3)).toThrow(
      /got "residualAttentionUnt"\. Did you mean "residualAttentionUnet"\?/,
    );
    expect(() => presetConfig("qick")).toThrow(/got "qick"\. Did you mean "quick"\?/);
  });
});
