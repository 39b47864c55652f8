import fs from "node:fs";
import path from "node:path";
import { createContext } from "../../scripts/setup/context.mjs";
import { choosePython, noBasePython, pythonStep } from "../../scripts/setup/python.mjs";
import { temporaryFolder, writeFiles, writeScript } from "./support/temporaryFolder";

const folder = temporaryFolder();
const range = { from: [3, 10], below: [3, 14] } as const;

interface FakePython {
  readonly version?: string;
  readonly hasVenv?: boolean;
  readonly hasPip?: boolean;
  readonly isManaged?: boolean;
  /** Shell code for `-m venv`; `$5` is the folder. */
  readonly venv?: string;
}

/** A program that answers set-up's questions like a Python. */
function fakePython(name: string, facts: FakePython = {}): string {
  const { version = "3.11.7", hasVenv = true, hasPip = true, isManaged = false } = facts;
  const file = path.join(folder(), name);
  const answer = JSON.stringify({
    executable: file,
    version,
    prefix: path.dirname(path.dirname(file)),
    sitePackages: path.join(folder(), "site-packages"),
    isManaged,
    hasVenv,
    hasPip,
  });
  writeScript(file, `[ "$2" = -m ] && { ${facts.venv ?? "exit 1"}; exit; }\necho '${answer}'`);
  return file;
}

function run(env: NodeJS.ProcessEnv = {}) {
  const said: string[] = [];
  const root = path.join(folder(), "project");
  fs.mkdirSync(root, { recursive: true });
  const context = createContext(
    {
      root,
      packageRoot: root,
      // The scripts' own shell and tools must stay reachable.
      env: { PATH: `${path.join(folder(), "bin")}`, ...env },
      environment: { python: range, packages: [] },
      say: (line: string) => said.push(line),
    },
    () => {},
  );
  return pythonStep.run(context).then((result) => ({ result, said }));
}

/** Creates `.venv` in the project as Python would. */
const makesVenv = (from: string) =>
  `/bin/mkdir -p "$4/bin" && /bin/cp '${from}' "$4/bin/python" && echo > "$4/pyvenv.cfg"`;

describe("choosing a Python", () => {
  it.each([
    ["LAYERBOOK_PYTHON above all", { LAYERBOOK_PYTHON: "/p", CONDA_PREFIX: "/c" }, "given", "/p"],
    ["an active conda environment", { CONDA_PREFIX: "/c" }, "conda", "/c/bin/python"],
    [
      ".venv rather than conda's base",
      { CONDA_PREFIX: "/c", CONDA_DEFAULT_ENV: "base" },
      "venv",
      "/r/.venv/bin/python",
    ],
    [".venv else", {}, "venv", "/r/.venv/bin/python"],
  ])("takes %s", (_what, env, kind, executable) => {
    expect(choosePython("/r", env)).toEqual({ kind, executable });
  });
});

describe("a named Python", () => {
  it("is used as it is", async () => {
    const file = fakePython("env/bin/python");
    const { result } = await run({ LAYERBOOK_PYTHON: file });
    expect(result).toMatchObject({ kind: "given", executable: file, version: "3.11.7" });
  });

  it.each([
    ["too old", { version: "3.8.18" }, /Python 3\.8\.18 is too old for TensorFlow's wheel/],
    ["too new", { version: "3.14.0" }, /Python 3\.14\.0 is too new for TensorFlow's wheel/],
    ["the system's own", { isManaged: true }, /belongs to the operating system/],
    ["without pip", { hasPip: false }, /has no pip/],
  ])("is refused if it is %s", async (_what, facts: FakePython, message) => {
    const file = fakePython("env/bin/python", facts);
    await expect(run({ LAYERBOOK_PYTHON: file })).rejects.toThrow(message);
  });

  it("is refused if it does not run", async () => {
    await expect(run({ LAYERBOOK_PYTHON: path.join(folder(), "none") })).rejects.toThrow(
      /is not a working Python/,
    );
  });
});

describe("making .venv", () => {
  it("stops if there is no Python", async () => {
    await expect(run()).rejects.toThrow("no Python found on the PATH");
  });

  it("stops if all are too old or too new, and lists them", async () => {
    fakePython("bin/python3", { version: "3.9.18" });
    fakePython("bin/python", { version: "3.14.1" });
    await expect(run()).rejects.toThrow(
      /python3 is 3\.9\.18, too old; .*python is 3\.14\.1, too new/,
    );
  });

  it("stops if the suitable one has no venv module", async () => {
    fakePython("bin/python3", { hasVenv: false });
    await expect(run()).rejects.toThrow(/\(Python 3\.11\.7\) has no venv module/);
  });

  it("skips an unsuitable Python for a suitable one", async () => {
    fakePython("bin/python3", { version: "3.14.0" });
    const inside = fakePython("inside");
    fakePython("bin/python3.12", { version: "3.12.1", venv: makesVenv(inside) });
    const { said } = await run();
    expect(said[0]).toMatch(/making \.venv with .*python3\.12 \(3\.12\.1\)/);
  });

  it("stops if it cannot be created", async () => {
    fakePython("bin/python3", { venv: "echo no room >&2; exit 1" });
    await expect(run()).rejects.toMatchObject({ message: /could not be made/, details: /no room/ });
  });

  it.each([
    ["has no interpreter", { "project/.venv/pyvenv.cfg": "" }, /is incomplete/],
    ["has an interpreter that does not run", { "project/.venv/bin/python": "" }, /is incomplete/],
  ])("is repeated if it %s", async (_what, files: Record<string, string>, message) => {
    writeFiles(folder(), files);
    const inside = fakePython("inside");
    fakePython("bin/python3", { venv: makesVenv(inside) });
    const { said } = await run();
    expect(said[0]).toMatch(message);
  });

  it.each([
    ["without pip", { hasPip: false }, "", /incomplete \(no pip\)/],
    ["of too old a Python", { version: "3.9.0" }, "", /has Python 3\.9\.0, too old/],
    [
      "that was moved",
      {},
      "command = /usr/bin/python3 -m venv /elsewhere/.venv",
      /was made for \/elsewhere/,
    ],
  ])("is repeated for one %s", async (_what, facts: FakePython, cfg, message) => {
    fakePython("project/.venv/bin/python", facts);
    writeFiles(folder(), { "project/.venv/pyvenv.cfg": cfg });
    const inside = fakePython("inside");
    fakePython("bin/python3", { venv: makesVenv(inside) });
    const { said } = await run();
    expect(said[0]).toMatch(message);
  });

  it("uses one that is complete", async () => {
    const file = fakePython("project/.venv/bin/python");
    writeFiles(folder(), { "project/.venv/pyvenv.cfg": "" });
    const { result, said } = await run();
    expect(result).toMatchObject({ kind: "venv", executable: file });
    expect(said).toEqual([]);
  });
});

describe("the remedies", () => {
  const old = {
    executable: "/usr/bin/python3",
    version: "3.11.2",
    prefix: "/usr",
    sitePackages: "",
    isManaged: true,
    hasVenv: false,
    hasPip: false,
  };

  it("name what to install", () => {
    expect(noBasePython([], range, "darwin").remedy).toContain("brew install");
    expect(noBasePython([old], range, "linux").remedy).toMatch(/python3\.11-venv|venv module/);
  });
});
