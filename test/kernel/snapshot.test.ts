import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import ts from "typescript";
import { SessionProcess, sessionCommand } from "../../src/kernel/protocol/sessionProcess";
import type { SessionOutput } from "../../src/kernel/session/channel";
import { CellProject } from "../../src/kernel/session/cellProject";
import { LANGUAGE } from "../../src/kernel/session/languageLevel";
import { preparedFiles, setPrepared } from "../../src/kernel/session/preparedFiles";
import {
  findSnapshot,
  snapshotFile,
  supportsSnapshot,
} from "../../src/kernel/snapshot/snapshotFile";
import { KERNEL_NODE, KERNEL_SCRIPT, PACKAGE_ROOT } from "./support/kernelScript";
import { Notebook } from "./support/notebook";

const folder = mkdtempSync(join(tmpdir(), "snapshot-"));
afterAll(() => rmSync(folder, { recursive: true }));

// Built by set-up for the Node that ran it.
const forThisNode =
  KERNEL_NODE === process.execPath && supportsSnapshot() ? describe : describe.skip;

forThisNode("a session that starts from the snapshot", () => {
  const notebook = new Notebook();
  afterAll(() => notebook.close());

  it("already contains the declarations, and leaves no trace in the process", async () => {
    expect(findSnapshot(PACKAGE_ROOT)).toBe(snapshotFile(PACKAGE_ROOT));
    expect(await notebook.value("Symbol.for('layerbook.prepared') in globalThis")).toBe("true");
    expect(await notebook.value("process.execArgv.join(' ')")).not.toContain("snapshot");
    expect(await notebook.value("process.cwd() === __dirname")).toBe("true");
    expect(await notebook.value("typeof Atomics.wait")).toBe("'function'");
  });

  it("forks children and starts threads that do not use it", async () => {
    notebook.write("child.cjs", "process.send(process.argv.length + ' in a child');");
    notebook.write(
      "thread.cjs",
      "require('node:worker_threads').parentPort.postMessage('in a thread');",
    );
    expect(
      await notebook.value(`
        import { fork } from "node:child_process";
        import { once } from "node:events";
        import { Worker } from "node:worker_threads";
        const [said] = await once(fork("./child.cjs"), "message");
        const [posted] = await once(new Worker("./thread.cjs"), "message");
        [said, posted]`),
    ).toBe("[ '2 in a child', 'in a thread' ]");
  });

  it("checks types like any other session", async () => {
    expect(await notebook.failure("const x: number = 'text'")).toContain("TS2322");
    expect(await notebook.failure("Buffer.from(1n)")).toContain("No overload matches");
  });
});

describe("a snapshot that Node refuses", () => {
  it("only costs time: the cells run in a session without it", async () => {
    const snapshot = join(folder, "broken.snapshot");
    writeFileSync(snapshot, "not a snapshot");
    const session = new SessionProcess({
      ...sessionCommand({ folder: dirname(KERNEL_SCRIPT), strict: false, snapshot }),
      command: KERNEL_NODE,
      cwd: folder,
    });
    const execute = { silent: false, allowStdin: false, userExpressions: {} };
    const said: SessionOutput[] = [];
    session.onOutput = (output) => said.push(output);
    const first = await session.execute({ ...execute, code: "const a = 1;", count: 1 });
    expect(first.error).toBeNull();
    const second = await session.execute({ ...execute, code: "a.length", count: 2 });
    expect(second.error?.ename).toBe("TypeScriptError");
    // Node's message about the snapshot must not reach the notebook.
    expect(said).toEqual([]);
    await session.close();
  });
});

describe("prepared files", () => {
  const path = join(folder, "some.d.ts");
  const text = "export declare const a: number;\n";
  function prepare(target = ts.ScriptTarget.ES2022): void {
    writeFileSync(path, text);
    const { mtimeMs, size } = statSync(path);
    const file = ts.createSourceFile(path, text, target);
    const files = new Map([[path, { file, mtimeMs, size, resolutions: new Map() }]]);
    setPrepared({ files, target });
  }
  const known = (target = ts.ScriptTarget.ES2022): string[] => [...preparedFiles(target).keys()];
  beforeEach(() => prepare());
  afterEach(() => setPrepared(undefined));

  it("are used while they match the files on disk", () => {
    expect(known()).toEqual([path]);
    writeFileSync(path, text.replace("a", "b"));
    expect(known()).toEqual([]);
    rmSync(path);
    expect(known()).toEqual([]);
  });

  it("stay valid if the same text was written again", () => {
    writeFileSync(path, readFileSync(path));
    expect(known()).toEqual([path]);
  });

  it("are used only for the same syntax target", () => {
    expect(known(ts.ScriptTarget.ES2024)).toEqual([]);
  });

  it("do not cause the program to be rebuilt between two queries of one text", () => {
    prepare(LANGUAGE.target);
    const project = new CellProject({
      ...{ cwd: folder, fallbackRoot: PACKAGE_ROOT, strict: false },
    });
    const ask = (): ts.Program => {
      project.setCell(project.cellPath("cell.ts"), 'import { a } from "./some"; a;');
      return project.program();
    };
    const program = ask();
    expect(program.getSourceFile(path)).toBe(preparedFiles(LANGUAGE.target).get(path)?.file);
    expect(ask()).toBe(program);
  });
});
