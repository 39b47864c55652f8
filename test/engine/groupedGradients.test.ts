import { nodeBackend } from "../../src/engine/binding";
import type { Binding } from "../../src/engine/binding";
import { hasGroupedGradients } from "../../src/engine/groupedGradients";
import { loadEngine } from "../../src/engine/load";

loadEngine();

describe("hasGroupedGradients", () => {
  // A probe that fails for another reason would only make training slower, which no other test sees.
  it("finds oneDNN, which the tests turn on, on x86-64", () => {
    expect(process.env["TF_ENABLE_ONEDNN_OPTS"]).toBeDefined();
    const isOn = process.env["TF_ENABLE_ONEDNN_OPTS"] === "1";
    if (process.arch === "x64") expect(hasGroupedGradients("float32")).toBe(isOn);
  });

  it("frees what it makes, and asks once", () => {
    const { binding } = nodeBackend();
    let calls = 0;
    const executeOp: Binding["executeOp"] = (...args) => {
      calls++;
      return binding.executeOp(...args);
    };
    const counting = Object.create(binding, { executeOp: { value: executeOp } }) as Binding;
    const before = binding.getNumOfTensors();
    const answer = hasGroupedGradients("bfloat16", counting);
    expect(binding.getNumOfTensors()).toBe(before);
    const asked = calls;
    expect(asked).toBeGreaterThan(0);
    expect(hasGroupedGradients("bfloat16", counting)).toBe(answer);
    expect(calls).toBe(asked);
  });
});
