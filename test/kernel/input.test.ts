import type { SessionOutput } from "../../src/kernel/session/channel";
import { Notebook } from "./support/notebook";

// The first cell loads TypeScript.
let notebook: Notebook;
beforeAll(async () => {
  notebook = new Notebook();
  await notebook.value("import { createInterface } from 'node:readline/promises';");
});
afterAll(() => notebook.close());
beforeEach(() => {
  notebook.typed = "Ada";
});

function prompts(outputs: readonly SessionOutput[]): string[] {
  return outputs.flatMap((output) => (output.type === "inputRequest" ? [output.prompt] : []));
}

describe("input", () => {
  it("returns what the user types", async () => {
    const { value, outputs } = await notebook.run(
      'const name = await input("Name?", { password: true }); name',
    );
    expect(value).toBe("'Ada'");
    expect(outputs[0]).toEqual({ type: "inputRequest", prompt: "Name?", password: true });
  });

  it("asks several questions one after another", async () => {
    const { value, outputs } = await notebook.run(
      "await Promise.all([input('one'), input('two')])",
    );
    expect(value).toBe("[ 'Ada', 'Ada' ]");
    expect(prompts(outputs)).toEqual(["one", "two"]);
  });

  it("throws if the user cannot be asked", async () => {
    notebook.typed = null;
    expect(await notebook.failure('await input("Name?")')).toContain(
      "SetupError: input: expected a frontend that can ask the user",
    );
  });
});

describe("prompt", () => {
  it("waits for what the user types", async () => {
    const { value, outputs } = await notebook.run('const who = prompt("Who?"); who');
    expect(value).toBe("'Ada'");
    expect(prompts(outputs)).toEqual(["Who?"]);
  });

  it("returns its default for an empty line", async () => {
    notebook.typed = "";
    expect(await notebook.value('prompt("Who?", "nobody")')).toBe("'nobody'");
  });

  it("can be called while another question is open", async () => {
    expect(
      await notebook.value("const first = input('first'); [prompt('second'), await first]"),
    ).toBe("[ 'Ada', 'Ada' ]");
  });

  it("can be stopped", async () => {
    const answer = jest.spyOn(notebook.session, "input").mockImplementation(() => undefined);
    const stopped = notebook.run("console.log('asking'); prompt('Who?')");
    await notebook.seen("asking");
    notebook.session.interrupt();
    expect((await stopped).error).toMatchObject({ ename: "CellInterrupted" });
    answer.mockRestore();
    expect(await notebook.value("prompt('Again?')")).toBe("'Ada'");
  });

  it("throws if the user cannot be asked", async () => {
    notebook.typed = null;
    expect(await notebook.failure("prompt('Who?')")).toMatch(
      /SetupError: prompt: expected a frontend[^]*at Cell/,
    );
  });
});

describe("process.stdin", () => {
  const open = "createInterface({ input: process.stdin, output: process.stdout })";

  it("asks for what readline asks", async () => {
    const { value } = await notebook.run(
      `const rl = ${open}; const both = [await rl.question('Name? '), await rl.question('Again? ')]; rl.close(); both`,
    );
    expect(value).toBe("[ 'Ada', 'Ada' ]");
    expect(notebook.printed()).toBe("Name? Again? ");
  });

  it("asks again for a readline interface of an earlier cell", async () => {
    await notebook.value(`const kept = ${open};`);
    expect(await notebook.value("await kept.question('Still there? ')")).toBe("'Ada'");
    await notebook.run("kept.close()");
  });

  it("asks again for an interface that waited for an answer when its cell was stopped", async () => {
    await notebook.value(`const still = ${open};`);
    notebook.typed = undefined;
    const waiting = notebook.run("await still.question('First? ', {})");
    await notebook.seen("First? ");
    notebook.session.interrupt();
    expect((await waiting).error?.ename).toBe("CellInterrupted");
    notebook.typed = "Ada";
    expect(await notebook.value("await still.question('Second? ')")).toBe("'Ada'");
    await notebook.run("still.close()");
    await notebook.value(
      "import * as callbacks from 'node:readline'; import { promisify } from 'node:util';",
    );
    await notebook.value(`const old = callbacks.${open}; let first: string | null = null;`);
    notebook.typed = undefined;
    const third = notebook.run(
      "await new Promise<void>((resolve) => old.question('Third? ', (line) => { first = line; resolve(); }))",
    );
    await notebook.seen("Third? ");
    notebook.session.interrupt();
    expect((await third).error?.ename).toBe("CellInterrupted");
    notebook.typed = "Ada";
    expect(
      await notebook.value("[await promisify(old.question).call(old, 'Fourth? '), first]"),
    ).toBe("[ 'Ada', null ]");
    await notebook.run("old.close()");
  });

  it("yields lines", async () => {
    await notebook.run(
      "for await (const line of createInterface({ input: process.stdin })) { console.log(line); break; }",
    );
    expect(notebook.printed()).toBe("Ada\n");
  });

  it("ends the cell if the user cannot be asked", async () => {
    notebook.typed = null;
    expect(
      await notebook.failure(`const alone = ${open}; await alone.question('Name? ')`),
    ).toContain("SetupError: process.stdin: expected a frontend that can ask the user");
  });
});

describe("process.stdout", () => {
  it("stays open whatever is piped into it", async () => {
    await notebook.value(
      "import { Readable } from 'node:stream'; import { pipeline } from 'node:stream/promises'; import { execSync } from 'node:child_process';",
    );
    await notebook.value("await pipeline(Readable.from(['first\\n']), process.stdout);");
    await notebook.value("process.stdout.end('second\\n'); process.stderr.destroy();");
    await notebook.run(
      "execSync('echo child', { stdio: 'inherit' }); await pipeline(Readable.from(['third\\n']), process.stdout); console.error('on');",
    );
    await notebook.seen("child");
    expect(notebook.printed()).toContain("third\non\n");
  });

  it("accepts every encoding", async () => {
    await notebook.run(
      "process.stdout.write('c3a4', 'hex'); process.stdout.write('eA==', 'base64');",
    );
    expect(notebook.printed()).toBe("äx");
  });
});
