import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { tensorboardTracker } from "../../../src/experiments/tracking/tensorboard";
import { tempFolder } from "../../support/tempFolder";

const logs = join(tempFolder(), "logs");

const begin = (folder: string, name = "unet-none-fold1") =>
  tensorboardTracker(logs, { name, folder }).callback({
    type: "begin",
    plan: {
      ...{ model: "unet", epochs: 1, stepsPerEpoch: 1, totalSteps: 1 },
      ...{ resumedAtStep: 0, records: [], settings: {} },
    },
  });

it("gives two runs with the same name separate folders, and a resumed run its own", async () => {
  for (const study of ["a", "b", "a", "b"]) await begin(`/studies/${study}/jobs/unet-none-fold1`);
  const folders = (await readdir(logs)).sort();
  expect(folders).toEqual([
    "unet-none-fold1",
    expect.stringMatching(/^unet-none-fold1-[0-9a-f]+$/),
  ]);
  for (const folder of folders) {
    const events = (await readdir(join(logs, folder))).filter((name) => name.startsWith("events"));
    expect(events.length).toBeGreaterThan(0);
  }
});

it("orders a resumed training after its beginning, even if the clock was set back", async () => {
  const clock = jest.spyOn(Date, "now");
  for (const seconds of [2e9, 1.9e9, 1.9e9, 2.1e9]) {
    clock.mockReturnValue(seconds * 1000);
    await begin("/runs/late", "late");
  }
  clock.mockRestore();
  // TensorBoard reads the files in this order.
  const events = (await readdir(join(logs, "late"))).filter((name) => name.startsWith("events"));
  expect(events.sort().map((name) => Number(name.split(".")[3]))).toEqual([
    2_000_000_000, 2_000_000_001, 2_000_000_002, 2_100_000_000,
  ]);
});
