import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { tensorboardTracker } from "../../../src/experiments/tracking/tensorboard";
import { tempFolder } from "../../support/tempFolder";

const logs = join(tempFolder(), "logs");

it("gives two runs of one name a folder each, and a run that goes on its own", async () => {
  const begin = (folder: string) =>
    tensorboardTracker(logs, { name: "unet-none-fold1", folder }).callback({
      type: "begin",
      plan: {
        ...{ model: "unet", epochs: 1, stepsPerEpoch: 1, totalSteps: 1 },
        ...{ resumedAtStep: 0, records: [], settings: {} },
      },
    });
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
