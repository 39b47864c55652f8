import fs from "node:fs";
import path from "node:path";
import { createContext } from "../../scripts/setup/context.mjs";
import { SetupFailure } from "../../scripts/setup/failure.mjs";
import { Stamps, hashFiles, writeWhole } from "../../scripts/setup/stamps.mjs";
import { checkSteps, runSteps } from "../../scripts/setup/steps.mjs";
import { temporaryFolder, writeFiles } from "./support/temporaryFolder";

const folder = temporaryFolder();

/** Two steps: `make` writes a file, `use` depends on what it returned. */
function world() {
  const said: string[] = [];
  const ran: string[] = [];
  const root = folder();
  const context = () =>
    createContext(
      {
        root,
        packageRoot: root,
        env: {},
        environment: { python: { from: [3, 10], below: [3, 14] }, packages: [] },
        say: (line: string) => said.push(line),
      },
      () => {},
    );
  const state = { input: 1, fails: false };
  const make = {
    name: "make",
    title: "making",
    inputs: () => state.input,
    isWhole: () => fs.existsSync(path.join(root, "made")),
    run() {
      ran.push("make");
      fs.writeFileSync(path.join(root, "made"), "");
      return Promise.resolve({ value: state.input * 10 });
    },
  };
  const use = {
    name: "use",
    title: "using",
    inputs: ({ results }: { results: Record<string, { value: number }> }) => results["make"].value,
    isWhole: () => true,
    run() {
      ran.push("use");
      if (state.fails) return Promise.reject(new SetupFailure("no luck", "Try again."));
      return Promise.resolve(null);
    },
  };
  const stamps = new Stamps(path.join(root, ".engine"));
  const run = () => runSteps([make, use], context(), stamps);
  const check = () => checkSteps([make, use], context(), stamps);
  return { state, said, ran, run, check, stamps, root };
}

describe("the steps of set-up", () => {
  it("run once, then have nothing to do", async () => {
    const { run, ran, said } = world();
    await run();
    await run();
    expect(ran).toEqual(["make", "use"]);
    expect(said.at(-1)).toMatch(/^Set-up: nothing to do \(\d/);
  });

  it("run again if an input changed, and so do those that depend on them", async () => {
    const { run, ran, state } = world();
    await run();
    state.input = 2;
    await run();
    expect(ran).toEqual(["make", "use", "make", "use"]);
  });

  it("run again if their result is missing", async () => {
    const { run, ran, root } = world();
    await run();
    fs.rmSync(path.join(root, "made"));
    await run();
    expect(ran).toEqual(["make", "use", "make"]);
  });

  it("resume from the step that failed", async () => {
    const { run, ran, state } = world();
    state.fails = true;
    await expect(run()).rejects.toThrow("no luck");
    state.fails = false;
    await run();
    expect(ran).toEqual(["make", "use", "use"]);
  });

  it("do not take an old success for a new one after an interruption", async () => {
    const { run, ran, state } = world();
    await run();
    state.input = 2;
    state.fails = true;
    await expect(run()).rejects.toThrow();
    state.input = 1;
    state.fails = false;
    await run();
    // `use` had succeeded on this input before, but was then interrupted.
    expect(ran).toEqual(["make", "use", "make", "use", "make", "use"]);
  });

  it("report their state: open, done, stale, altered", async () => {
    const { run, check, state, root, stamps } = world();
    const states = () => check().map(({ state: one }) => one);
    expect(check().map(({ detail }) => detail)).toEqual(["not done yet", "not done yet"]);
    await run();
    expect(states()).toEqual(["done", "done"]);
    state.input = 2;
    expect(states()).toEqual(["stale", "done"]);
    fs.rmSync(path.join(root, "made"));
    expect(check()[0]).toMatchObject({
      state: "open",
      detail: "its result is missing or modified",
    });
    stamps.clear("make");
    expect(check()[1]).toMatchObject({ state: "open", detail: "waits for the steps above" });
  });

  it("treat an unreadable stamp as missing", async () => {
    const { run, ran, stamps } = world();
    await run();
    fs.writeFileSync(stamps.path("make"), '{"key": "ab');
    await run();
    expect(ran).toEqual(["make", "use", "make"]);
  });
});

describe("hashFiles", () => {
  it("depends on contents, names and absence", () => {
    const hash = () => hashFiles(folder(), ["src", "one.ts"]);
    const seen = [hash()];
    writeFiles(folder(), { "src/a.ts": "a" });
    seen.push(hash());
    writeFiles(folder(), { "src/a.ts": "b" });
    seen.push(hash());
    fs.renameSync(path.join(folder(), "src", "a.ts"), path.join(folder(), "src", "b.ts"));
    seen.push(hash());
    writeFiles(folder(), { "one.ts": "" });
    seen.push(hash());
    expect(new Set(seen).size).toBe(seen.length);
    expect(hash()).toBe(hash());
  });
});

describe("writeWhole", () => {
  it("leaves the old file if the new one cannot be written", () => {
    const file = path.join(folder(), "a", "stamp.json");
    writeWhole(file, "old");
    expect(() => writeWhole(file, 7 as unknown as string)).toThrow();
    expect(fs.readFileSync(file, "utf8")).toBe("old");
    expect(fs.readdirSync(path.dirname(file))).toEqual(["stamp.json"]);
  });
});
