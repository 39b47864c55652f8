import { SetupError } from "../../../../src/core/errors";
import { patiently } from "../../../../src/experiments/studies/executors/patiently";

const down = new SetupError({ where: "squeue", expected: "Slurm to answer", got: "no answer" });
const MINUTE_MS = 60_000;

describe("patiently", () => {
  const said: string[] = [];
  beforeEach(() => {
    said.length = 0;
    jest.spyOn(process.stderr, "write").mockImplementation((text) => {
      said.push(String(text));
      return true;
    });
  });
  afterEach(() => jest.restoreAllMocks());

  it("keeps the last answer while a service is restarted, and warns once each time", async () => {
    let answer: string | Error = down;
    const ask = patiently(
      () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)),
      "waiting",
    );
    expect([await ask(), await ask()]).toEqual(["waiting", "waiting"]);
    answer = "running";
    expect(await ask()).toBe("running");
    answer = down;
    expect([await ask(), await ask()]).toEqual(["running", "running"]);
    const line =
      "squeue: expected Slurm to answer, got no answer. " +
      "The jobs are not affected; trying again for up to 10 minutes\n";
    expect(said).toEqual([line, line]);
  });

  it("fails if the service is unavailable for more than ten minutes", async () => {
    let [minutes, isDown] = [0, true];
    const ask = patiently(
      () => (isDown ? Promise.reject(down) : Promise.resolve("running")),
      "waiting",
      () => minutes * MINUTE_MS,
    );
    await ask();
    minutes = 9;
    isDown = false;
    await ask();
    isDown = true;
    await ask();
    minutes = 18;
    expect(await ask()).toBe("running");
    minutes = 20;
    await expect(ask()).rejects.toBe(down);
  });

  it("passes an unexpected error on at once", async () => {
    await expect(patiently(() => Promise.reject(new TypeError("a bug")), 0)()).rejects.toThrow(
      /a bug/,
    );
  });
});
