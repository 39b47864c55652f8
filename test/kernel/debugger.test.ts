import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { murmur2 } from "../../src/kernel/debugger/cellPaths";
import type { Message } from "../../src/kernel/protocol/wire";
import { LiveKernel } from "./support/liveKernel";

const folder = mkdtempSync(join(tmpdir(), "debugger-"));
let kernel: LiveKernel;
let seq = 0;

beforeAll(async () => {
  writeFileSync(
    join(folder, "helper.ts"),
    "// A comment.\ninterface Unused { readonly a: number }\nexport function twice(x: number): number {\n  const doubled: number = x * 2;\n  return doubled;\n}\n",
  );
  kernel = await LiveKernel.start(folder);
});

afterAll(() => {
  kernel.stop();
  rmSync(folder, { recursive: true });
});

interface Response {
  readonly success: boolean;
  readonly message?: string;
  readonly body: Record<string, unknown>;
}

/** Sends a request of the Debug Adapter Protocol, whether it succeeds or not. */
async function attempt(command: string, args: object = {}): Promise<Response> {
  const request = { type: "request", seq: ++seq, command, arguments: args };
  await kernel.post("debug_request", request, [], "control");
  const { content } = await kernel.reply("control");
  expect(content).toMatchObject({ type: "response", command, request_seq: seq });
  return content as unknown as Response;
}

/** The body of the response to a request that succeeds. */
async function ask(command: string, args: object = {}): Promise<Record<string, unknown>> {
  const { success, message, body } = await attempt(command, args);
  if (!success) throw new Error(`${command}: ${message}`);
  return body;
}

let seenEvents = 0;

/** The next event of a type. */
async function event(name: string): Promise<Record<string, unknown>> {
  let passed = 0;
  const found = await kernel.until("debug_event", ({ content }) => {
    if (content["event"] !== name) return false;
    return Number(content["seq"]) > seenEvents && ++passed > 0;
  });
  seenEvents = Number(found.content["seq"]);
  return found.content["body"] as Record<string, unknown>;
}

interface Frame {
  readonly id: number;
  readonly name: string;
  readonly line: number;
  readonly source: { readonly path: string };
}

/** The names and lines of the stopped cell's frames. */
async function stack(): Promise<Frame[]> {
  return (await ask("stackTrace", { threadId: 1 }))["stackFrames"] as Frame[];
}

async function where(): Promise<string> {
  return (await stack()).map(({ name, line }) => `${name}:${line}`).join(" < ");
}

/** The line of the stopped cell's top-level frame. */
async function lineInCell(): Promise<number> {
  return Number(/^Cell \[\d+\]:(\d+)$/.exec(await where())?.[1]);
}

interface Listed {
  readonly name: string;
  readonly value: string;
  readonly variablesReference: number;
}

async function list(variablesReference: number): Promise<Listed[]> {
  return (await ask("variables", { variablesReference }))["variables"] as Listed[];
}

const texts = (variables: readonly Listed[]): Record<string, string> =>
  Object.fromEntries(variables.map(({ name, value }) => [name, value]));

/** A scope's variables, in the innermost frame or another. */
async function scope(name: string, depth = 0): Promise<Listed[]> {
  const frameId = (await stack())[depth]?.id;
  const { scopes } = (await ask("scopes", { frameId })) as {
    scopes: { name: string; variablesReference: number }[];
  };
  const found = scopes.find((each) => each.name === name);
  return found === undefined ? [] : list(found.variablesReference);
}

/** Dumps a cell, sets breakpoints on its lines, and starts it; returns the id of its message. */
async function start(code: string, ...lines: readonly (number | object)[]): Promise<string> {
  const { sourcePath: path } = await ask("dumpCell", { code });
  const breakpoints = lines.map((line) => (typeof line === "number" ? { line } : line));
  const set = await ask("setBreakpoints", { source: { path }, breakpoints, sourceModified: false });
  expect(set["breakpoints"]).toHaveLength(lines.length);
  return kernel.post("execute_request", { code });
}

/** Sets breakpoints in a file of the project; returns the response. */
async function breakIn(path: string, ...lines: readonly (number | object)[]): Promise<unknown> {
  const breakpoints = lines.map((line) => (typeof line === "number" ? { line } : line));
  return (await ask("setBreakpoints", { source: { path }, breakpoints }))["breakpoints"];
}

/** Resumes the started cell until it ends; returns what was published for it. */
async function finish(id: string): Promise<readonly Message[]> {
  await ask("continue", { threadId: 1 });
  const published = await kernel.published(id);
  await kernel.reply();
  return published;
}

function printed(messages: readonly Message[]): string {
  return messages
    .filter(({ header }) => header.msg_type === "stream")
    .map(({ content }) => content["text"])
    .join("");
}

const LOOP = `// How far each slice is from the first.
interface Slice {
  readonly z: number;
}
const slices: Slice[] = [{ z: 2 }, { z: 5 }];
function distance(slice: Slice): number {
  const offset: number = slice.z - slices[0].z;
  return Math.abs(offset);
}
let total = 0;
for (const slice of slices) {
  total += distance(slice);
}
console.log("total", total);
total`;

describe("the debugger", () => {
  it("is announced, and says how cells are found", async () => {
    const { reply } = await kernel.request("kernel_info_request", {});
    expect(reply.content).toMatchObject({ debugger: true, supported_features: ["debugger"] });
    const info = await ask("debugInfo");
    expect(info).toMatchObject({
      ...{ isStarted: false, hashMethod: "Murmur2", breakpoints: [], stoppedThreads: [] },
      tmpFileSuffix: ".ts",
    });
    const early = await attempt("stackTrace");
    expect(early).toMatchObject({
      success: false,
      message: expect.stringContaining("started") as unknown,
    });
    const capabilities = await ask("initialize", { clientID: "test", linesStartAt1: true });
    expect(capabilities).toMatchObject({ supportsConditionalBreakpoints: true });
    await ask("attach");
    await event("initialized");
    await ask("configurationDone");
    expect(await ask("debugInfo")).toMatchObject({ isStarted: true });
    expect(await ask("threads")).toEqual({ threads: [{ id: 1, name: "Cells" }] });
    const { sourcePath } = await ask("dumpCell", { code: LOOP });
    const { tmpFilePrefix, hashSeed, tmpFileSuffix } = info as unknown as {
      readonly tmpFilePrefix: string;
      readonly hashSeed: number;
      readonly tmpFileSuffix: string;
    };
    expect(sourcePath).toBe(`${tmpFilePrefix}${murmur2(LOOP, hashSeed)}${tmpFileSuffix}`);
    expect(await ask("source", { source: { path: sourcePath } })).toEqual({ content: LOOP });
  });

  it("hashes as Jupyter's frontends do", () => {
    expect(["", "a", "abc", "abcd", "größe"].map((text) => murmur2(text, 0xc70f6907))).toEqual(
      // Computed by ipykernel 7.4's murmur2_x86.
      [3990065800, 2167009006, 3350977461, 804720481, 461001111],
    );
  });

  it("stops at a source line, shows variables, steps in and out, and continues", async () => {
    const id = await start(LOOP, 12);
    expect(await event("stopped")).toEqual({
      ...{ reason: "breakpoint", threadId: 1, allThreadsStopped: true },
    });
    expect(await where()).toMatch(/^Cell \[\d+\]:12$/);
    expect(await ask("debugInfo")).toMatchObject({ stoppedThreads: [1] });
    const locals = await scope("Locals");
    expect(texts(locals)).toMatchObject({
      ...{ slice: "{z: 2}", total: "0", slices: "Array(2) [Object, Object]" },
    });
    expect(Object.keys(texts(locals))).not.toEqual(expect.arrayContaining(["exports", "require"]));
    const slices = locals.find(({ name }) => name === "slices")?.variablesReference ?? 0;
    const [first] = await list(slices);
    expect(first).toMatchObject({ name: "0", value: "{z: 2}" });
    // JupyterLab's tree would show it in place of the value.
    expect(first).not.toHaveProperty("type");
    expect(texts(await list(first?.variablesReference ?? 0))).toEqual({ z: "2" });

    await ask("stepIn", { threadId: 1 });
    expect(await event("stopped")).toMatchObject({ reason: "step" });
    expect(await where()).toMatch(/^distance:7 < Cell \[\d+\]:12$/);
    expect(texts(await scope("Globals"))).toMatchObject({ total: "0" });
    await ask("next", { threadId: 1 });
    await event("stopped");
    expect(await where()).toMatch(/^distance:8 < /);
    expect(texts(await scope("Locals"))).toMatchObject({ offset: "0", slice: "{z: 2}" });
    expect(await ask("evaluate", { expression: "offset + total + slices.length" })).toMatchObject({
      ...{ result: "2", type: "number" },
    });
    expect(await attempt("evaluate", { expression: "nothing" })).toMatchObject({
      ...{ success: false, message: "ReferenceError: nothing is not defined" },
    });
    await ask("stepOut", { threadId: 1 });
    await event("stopped");
    // V8 stops at the next statement, the head of the loop.
    expect(await where()).toMatch(/^Cell \[\d+\]:11$/);
    await ask("continue", { threadId: 1 });
    await event("stopped");
    expect(texts(await scope("Locals"))).toMatchObject({ slice: "{z: 5}" });
    await ask("evaluate", { expression: "total = 100" });
    expect(printed(await finish(id))).toBe("total 103\n");
    expect(await ask("debugInfo")).toMatchObject({ stoppedThreads: [] });
  });

  it("steps past the end of a cell without stopping in the kernel or in the next cell", async () => {
    const code = "let last = 1;\nlast += 1;";
    const id = await start(code, 2);
    await event("stopped");
    await ask("next", { threadId: 1 });
    await kernel.published(id);
    await kernel.reply();
    expect(await kernel.value("last * 10")).toBe("20");
  });

  it("stops after an await, steps over one, and into a file of the project", async () => {
    const code = `import { twice } from "./helper";
const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
await wait(5);
const before = twice(4);
await wait(5);
const after = twice(before);
after`;
    const id = await start(code, 4);
    await event("stopped");
    await ask("stepIn", { threadId: 1 });
    await event("stopped");
    expect(await where()).toMatch(/^twice:4 < Cell \[\d+\]:4$/);
    const [{ source } = { source: { path: "" } }] = await stack();
    expect(source.path).toBe(join(folder, "helper.ts"));
    expect(await ask("source", { source })).toMatchObject({
      content: expect.stringContaining("doubled") as unknown,
    });
    expect(texts(await scope("Locals"))).toMatchObject({ x: "4" });
    await ask("stepOut", { threadId: 1 });
    await event("stopped");
    // Where a step out ends depends on V8: at the call or at the next statement, once or twice.
    const lines = [await lineInCell()];
    while ((lines.at(-1) ?? 0) < 6) {
      await ask("next", { threadId: 1 });
      await event("stopped");
      lines.push(await lineInCell());
    }
    expect([
      [4, 5, 6],
      [5, 6],
    ]).toContainEqual([...new Set(lines)]);
    expect(texts(await scope("Locals"))).toMatchObject({ before: "8" });
    await finish(id);
    expect(await kernel.value("after")).toBe("16");
  });

  it("stops in files of the project, loaded or not, and in their new text once they change", async () => {
    const path = join(folder, "a lib", "größe #1.ts");
    mkdirSync(join(folder, "a lib"));
    const text = [
      "interface Size { readonly w: number }",
      "",
      "export function area(size: Size): number {",
      "  const side: number = size.w;",
      "  return side * side;",
      "}",
      "",
    ];
    writeFileSync(path, text.join("\n"));
    // Before any cell has loaded it; its first line is a type, its last line has no code.
    expect(await breakIn(path, 1, 4, 7)).toMatchObject([
      { verified: true, line: 3 },
      { verified: true, line: 4 },
      { verified: false, message: "no code follows this line" },
    ]);
    expect(await breakIn(path, 5, { line: 4, condition: "globalThis.size > 100" })).toHaveLength(2);
    const code = 'import { area } from "./a lib/größe #1";\nconst found = area({ w: 3 });\nfound';
    const id = await kernel.post("execute_request", { code });
    expect(await event("stopped")).toMatchObject({ reason: "breakpoint" });
    expect(await where()).toMatch(/^area:5 < Cell \[\d+\]:2$/);
    const [{ source } = { source: { path: "" } }] = await stack();
    expect(source.path).toBe(path);
    expect(texts(await scope("Locals"))).toMatchObject({ side: "3" });
    await finish(id);
    // One line is inserted above: the breakpoint stays on line 5, which is now a different statement.
    writeFileSync(path, ["// A comment.", ...text].join("\n"));
    const again = await kernel.post("execute_request", { code });
    await event("stopped");
    expect(await where()).toMatch(/^area:5 < Cell \[\d+\]:2$/);
    // It has no value yet: undefined on Node 20, missing on Node 24.
    expect(texts(await scope("Locals"))["side"] ?? "undefined").toBe("undefined");
    await finish(again);
    // In a loaded file, and removed again.
    expect(await breakIn(path, 6)).toEqual([{ verified: true, line: 6, source: { path } }]);
    const third = await kernel.post("execute_request", { code: "area({ w: 4 })" });
    await event("stopped");
    expect(await where()).toMatch(/^area:6 < /);
    await finish(third);
    expect(await breakIn(path)).toEqual([]);
    expect(await kernel.value("area({ w: 5 })")).toBe("25");
    expect(await breakIn(join(folder, "nowhere.ts"), 3)).toMatchObject([
      { verified: false, message: "cells cannot load this file" },
    ]);
    await breakIn(join(folder, "nowhere.ts"));
  });

  it("stops in plain JavaScript and in a file with top-level await", async () => {
    const plain = join(folder, "plain.js");
    const waits = join(folder, "waits.ts");
    writeFileSync(plain, "function half(x) {\n\n  return x / 2;\n}\nmodule.exports = { half };\n");
    writeFileSync(
      waits,
      "export const late: number = await Promise.resolve(7);\nexport const more = late + 1;\n",
    );
    expect(await breakIn(plain, 2)).toMatchObject([{ verified: true, line: 3 }]);
    expect(await breakIn(waits, 2)).toMatchObject([{ verified: true, line: 2 }]);
    const id = await kernel.post("execute_request", {
      code: 'import { more } from "./waits";\nconst { half } = require("./plain.js");\nhalf(more)',
    });
    await event("stopped");
    expect((await stack())[0]).toMatchObject({ line: 2, source: { path: waits } });
    await ask("continue", { threadId: 1 });
    await event("stopped");
    expect(await where()).toMatch(/^half:3 < Cell \[\d+\]:3$/);
    await finish(id);
    await breakIn(plain);
    await breakIn(waits);
  });

  it("changes variables: a local, one of the notebook's, an entry", async () => {
    const set = async (reference: number, name: string, value: string): Promise<unknown> =>
      ask("setVariable", { variablesReference: reference, name, value });
    const scopeOf = async (name: string): Promise<number> => {
      const frameId = (await stack())[0]?.id;
      const { scopes } = (await ask("scopes", { frameId })) as {
        scopes: { name: string; variablesReference: number }[];
      };
      return scopes.find((each) => each.name === name)?.variablesReference ?? 0;
    };
    const code = `let scale = 2;
const list = [1, 2, 3];
const table = new Map([["a", 1]]);
function scaled(x: number): number {
  const fixed = 1;
  let y = x * scale;
  return y + fixed;
}
scaled(10) + list[1] + (table.get("a") ?? 0)`;
    const id = await start(code, 7);
    await event("stopped");
    expect(await set(await scopeOf("Locals"), "y", "y + scale")).toMatchObject({ value: "22" });
    expect(await set(await scopeOf("Globals"), "scale", "5")).toMatchObject({ value: "5" });
    const globals = await scope("Globals");
    const of = (name: string): number =>
      globals.find((each) => each.name === name)?.variablesReference ?? 0;
    expect(await set(of("list"), "1", "list.length * 100")).toMatchObject({ value: "300" });
    expect(await set(of("table"), "a", "{ deep: NaN }")).toMatchObject({ value: "{deep: NaN}" });
    expect(await set(of("table"), "a", "7")).toMatchObject({ value: "7" });
    // Even a constant: V8 allows this to a debugger.
    expect(await set(await scopeOf("Locals"), "fixed", "2")).toMatchObject({ value: "2" });
    for (const [reference, name, value, message] of [
      [await scopeOf("Locals"), "y", "nothing", "ReferenceError: nothing is not defined"],
      [await scopeOf("Locals"), "a; b", "1", "a; b: expected a variable's name"],
      [123_456, "y", "1", "y: the cell has continued since it was listed"],
    ] as const) {
      const args = { variablesReference: reference, name, value };
      expect(await attempt("setVariable", args)).toMatchObject({ success: false, message });
    }
    const published = await finish(id);
    const [result] = published.filter(({ header }) => header.msg_type === "execute_result");
    // y + fixed, list[1] and table's entry: 22 + 2 + 300 + 7.
    expect(result?.content["data"]).toMatchObject({ "text/plain": "331" });
    expect(await kernel.value("[scale, list, table.get('a')]")).toBe("[ 5, [ 1, 300, 3 ], 7 ]");
    // Between cells, in the variables pane.
    const { variables } = (await ask("inspectVariables")) as { variables: Listed[] };
    const held = variables.find(({ name }) => name === "list")?.variablesReference ?? 0;
    await set(held, "0", "-1");
    expect(await kernel.value("list")).toBe("[ -1, 300, 3 ]");
  });

  it("moves a breakpoint to the next line that has code, and says so", async () => {
    const { sourcePath: path } = await ask("dumpCell", { code: LOOP });
    const ask3 = { source: { path }, breakpoints: [{ line: 1 }, { line: 14 }, { line: 99 }] };
    expect((await ask("setBreakpoints", ask3))["breakpoints"]).toMatchObject([
      { verified: true, line: 5 },
      { verified: true, line: 14 },
      { verified: false, line: 99 },
    ]);
    expect(await ask("setBreakpoints", { source: { path }, breakpoints: [] })).toEqual({
      breakpoints: [],
    });
    expect(await ask("debugInfo")).not.toMatchObject({
      breakpoints: expect.arrayContaining([expect.objectContaining({ source: path })]) as unknown,
    });
  });

  it("stops if a condition holds, and only logs at a log point", async () => {
    const code = "let sum = 0;\nfor (let i = 0; i < 5; i++) {\n  sum += i;\n}\nsum";
    const id = await start(code, { line: 3, condition: "i === 3 && sum > 0" });
    await event("stopped");
    expect(texts(await scope("Locals"))).toMatchObject({ i: "3", sum: "3" });
    await finish(id);
    const logged = await start(code, { line: 3, logMessage: "i is {i}, sum {sum}" });
    const said = printed(await kernel.published(logged));
    await kernel.reply();
    expect(said.split("\n").slice(0, 2)).toEqual(["i is 0, sum 0", "i is 1, sum 0"]);
  });

  it("stops at the hits that a condition asks for", async () => {
    const code = "let seen = 0;\nfor (let i = 0; i < 9; i++) {\n  seen += i;\n}\nseen";
    const id = await start(code, { line: 3, condition: "i !== 1", hitCondition: "3" });
    await event("stopped");
    // The third hit where the condition holds: of 0, 2 and 3.
    expect(texts(await scope("Locals"))).toMatchObject({ i: "3" });
    await finish(id);
    const logged = await start(code, { line: 3, hitCondition: "% 4", logMessage: "at {i}" });
    expect(
      printed(await kernel.published(logged))
        .split("\n")
        .slice(0, 2),
    ).toEqual(["at 3", "at 7"]);
    await kernel.reply();
  });

  it("reports a condition that cannot be understood or that throws, and stops at the latter", async () => {
    const code = "let counted = 0;\ncounted += 1;\ncounted += 2;\ncounted";
    const { sourcePath: path } = await ask("dumpCell", { code });
    const breakpoints = [
      { line: 2, condition: "counted ===" },
      { line: 2, hitCondition: "often" },
      { line: 3, logMessage: "{counted +}" },
    ];
    expect(await ask("setBreakpoints", { source: { path }, breakpoints })).toMatchObject({
      breakpoints: [
        { verified: false, message: "Unexpected token ')'" },
        {
          verified: false,
          message: expect.stringContaining("expected a number of hits") as string,
        },
        { verified: false },
      ],
    });
    const id = await start(code, { line: 3, condition: "countd > 1" });
    await event("stopped");
    expect(await where()).toMatch(/^Cell \[\d+\]:3$/);
    expect(printed(await finish(id))).toContain(
      "Breakpoint in line 3: ReferenceError: countd is not defined",
    );
  });

  it("stops at a throw when asked to, and at `debugger`", async () => {
    await ask("setExceptionBreakpoints", { filters: ["all"] });
    const id = await kernel.post("execute_request", {
      code: "function fail(): void {\n  throw new RangeError('no such slice');\n}\ntry {\n  fail();\n} catch {}\ndebugger;\n1",
    });
    expect(await event("stopped")).toMatchObject({
      ...{ reason: "exception", text: "RangeError: no such slice" },
    });
    expect(await where()).toMatch(/^fail:2 < Cell \[\d+\]:5$/);
    expect(await ask("setExceptionBreakpoints", { filters: ["no such filter"] })).toEqual({
      breakpoints: [{ verified: false }],
    });
    await ask("setExceptionBreakpoints", { filters: [] });
    await ask("continue", { threadId: 1 });
    await event("stopped");
    expect(await where()).toMatch(/^Cell \[\d+\]:7$/);
    await finish(id);
  });

  it("shows the notebook's variables between cells, and a value as an output would be", async () => {
    await kernel.run(
      `const volume = tf.zeros([8, 8]); const byName = new Map([["a", 1]]); const many = new Float32Array(1000);
       class Study { constructor(readonly id: string) {} }
       const study = new Study("x"); const nothing = null; const text = "a\\nb";`,
    );
    const { variables } = (await ask("inspectVariables")) as { variables: Listed[] };
    expect(texts(variables)).toMatchObject({
      ...{ byName: "Map(1) {a => 1}", study: 'Study {id: "x"}', nothing: "null", text: '"a\\nb"' },
      ...{ total: "103", after: "16" },
    });
    // The toolkit's own names are not listed.
    expect(Object.keys(texts(variables))).not.toContain("tf");
    const many = variables.find(({ name }) => name === "many");
    expect((await list(many?.variablesReference ?? 0)).length).toBeLessThan(250);
    const byName = variables.find(({ name }) => name === "byName");
    expect(texts(await list(byName?.variablesReference ?? 0))).toEqual({ a: "1" });
    const { data } = (await ask("richInspectVariables", { variableName: "volume" })) as {
      data: Record<string, string>;
    };
    expect(data["text/plain"]).toContain("Tensor float32 [8, 8]");
    expect(data["text/html"]).toContain("<strong>");
    expect(await attempt("richInspectVariables", { variableName: "a; b" })).toMatchObject({
      success: false,
    });
  });

  it("lists what is large, strange or hostile, without calling its code", async () => {
    const code = `let called = 0;
class Hostile { get boom(): never { called++; throw new Error("no"); } get length(): number { called++; return 1e9; } fine = 1; }
const odd = {
  getter: { get boom(): never { called++; throw new Error("no"); } },
  hostile: new Hostile(),
  proxy: new Proxy({ a: 1 }, { get() { called++; throw new Error("no"); }, getPrototypeOf() { called++; throw new Error("no"); }, ownKeys() { called++; throw new Error("no"); } }),
  revoked: (() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })(),
  map: new Map<unknown, unknown>([[1, "one"], ["1", "text"], [{}, "first"], [{}, "second"], [Object.create(null), "bare"], [Symbol("s"), "symbol"]]),
  large: Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => ["k" + i, i])),
  manyKeys: new Map(Array.from({ length: 100_000 }, (_, i) => [i, i])),
  manyItems: new Set(Array.from({ length: 100_000 }, (_, i) => i)),
  sparse: new Array(1e9),
  bytes: new Uint8Array(5_000_000).fill(7),
  halves: new Float32Array([0.5, NaN]),
  view: new DataView(new ArrayBuffer(8)),
  big: 12345678901234567890n,
  long: "x".repeat(1_000_000),
  cyclic: {} as Record<string, unknown>,
};
odd.cyclic.self = odd.cyclic;
console.log("ready");`;
    const id = await start(code, 21);
    await event("stopped");
    const top = (await scope("Locals")).find(({ name }) => name === "odd");
    const odd = await list(top?.variablesReference ?? 0);
    const of = async (name: string): Promise<Record<string, string>> =>
      texts(await list(odd.find((each) => each.name === name)?.variablesReference ?? 0));
    expect(await of("getter")).toEqual({ boom: "(computed when read)" });
    expect(await of("hostile")).toMatchObject({ fine: "1" });
    expect(await of("proxy")).toMatchObject({ a: "1" });
    expect(await of("revoked")).toEqual({});
    expect(Object.values(await of("map"))).toEqual(
      ["one", "text", "first", "second", "bare", "symbol"].map((each) => JSON.stringify(each)),
    );
    expect(await of("large")).toMatchObject({ k0: "0", "…": '"99800 more"' });
    for (const name of ["large", "manyKeys", "manyItems", "sparse", "bytes"]) {
      expect(Object.keys(await of(name)).length).toBeLessThan(205);
    }
    expect(await of("bytes")).toMatchObject({ 0: "7", length: "5000000" });
    expect(await of("halves")).toMatchObject({ 0: "0.5", 1: "NaN" });
    expect(texts(odd)["big"]).toBe("12345678901234567890n");
    expect(texts(odd)["long"]?.length).toBeLessThan(20_000);
    expect(Object.keys(await of("cyclic"))).toEqual(["self"]);
    // An entry whose key is an object can be assigned to by its listed name.
    const map = odd.find(({ name }) => name === "map")?.variablesReference ?? 0;
    const name = (await list(map)).find(({ value }) => value === '"second"')?.name;
    await ask("setVariable", { variablesReference: map, name, value: '"changed"' });
    expect(Object.values(await of("map"))).toContain('"changed"');
    expect(await ask("evaluate", { expression: "called" })).toMatchObject({ result: "0" });
    expect(await attempt("evaluate", { expression: "odd.getter.boom" })).toMatchObject({
      ...{ success: false, message: "Error: no" },
    });
    await finish(id);
  });

  it("answers a second client while a cell is stopped", async () => {
    const id = await start("let shared = 1;\nshared = 2;\nshared", 2);
    await event("stopped");
    // What a frontend asks when it connects to a kernel that is being debugged.
    const info = await ask("debugInfo");
    expect(info).toMatchObject({ isStarted: true, stoppedThreads: [1] });
    expect(info["breakpoints"]).toEqual(
      expect.arrayContaining([expect.objectContaining({ breakpoints: [{ line: 2 }] })]),
    );
    expect(await ask("initialize", { clientID: "second" })).toMatchObject({
      supportsLogPoints: true,
    });
    await ask("attach");
    await event("initialized");
    expect(texts(await scope("Locals"))).toMatchObject({ shared: "1" });
    await finish(id);
    expect(await kernel.value("shared")).toBe("2");
  });

  it("ends a stopped cell by an interrupt, and the next one runs", async () => {
    const code = "let reached = 0;\nreached = 1;\nreached = 2;\nwhile (true) {}";
    const id = await start(code, 3);
    await event("stopped");
    await kernel.post("interrupt_request", {}, [], "control");
    await kernel.reply("control");
    const published = await kernel.published(id);
    await kernel.reply();
    expect(published.find(({ header }) => header.msg_type === "error")?.content).toMatchObject({
      ename: "CellInterrupted",
    });
    expect(await kernel.value("reached")).toBe("1");
    // One cell that waited before it was stopped, and one that only prints.
    const late = await start("await null;\nlet more = 1;\nconsole.log('unreached', more);", 3);
    await event("stopped");
    await kernel.post("interrupt_request", {}, [], "control");
    await kernel.reply("control");
    expect(printed(await kernel.published(late))).toBe("");
    await kernel.reply();
    expect(await kernel.value("reached + 1")).toBe("2");
  });

  it("lets cells run through once it is disconnected, and starts again", async () => {
    const id = await start("let through = 1;\nthrough = 2;\nthrough", 2);
    await event("stopped");
    await ask("disconnect", { restart: false, terminateDebuggee: false });
    await kernel.published(id);
    await kernel.reply();
    expect(await kernel.value("through")).toBe("2");
    expect(await ask("debugInfo")).toMatchObject({ isStarted: false, breakpoints: [] });
    await ask("initialize");
    await ask("attach");
    const again = await start("let second = 1;\nsecond = 2;", 2);
    await event("stopped");
    expect(texts(await scope("Locals"))).toMatchObject({ second: "1" });
    await finish(again);
  });

  it("does not hold up a shutdown", async () => {
    await start("let held = 1;\nheld = 2;", 2);
    await event("stopped");
    const gone = new Promise((resolve) => kernel.process.once("exit", resolve));
    await kernel.post("shutdown_request", { restart: true }, [], "control");
    await gone;
  });
});
