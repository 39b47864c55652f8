import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CellDiagnostic } from "../../src/kernel/session/cellConverter";
import { MissingNames } from "../../src/kernel/session/missingNames";
import { History } from "../../src/kernel/protocol/history";
import { Notebook } from "./support/notebook";

const folder = mkdtempSync(join(tmpdir(), "missing-"));
afterAll(() => rmSync(folder, { recursive: true }));

function notFound(name: string, code = "TS2304"): CellDiagnostic {
  return { code, message: `Cannot find name '${name}'.`, span: null, elsewhere: null };
}

/** The hint that is added to the error of a missing name. */
function hint(missing: MissingNames, name: string): string | undefined {
  return missing.explain([notFound(name)])[0]?.message.split("\n")[1];
}

describe("a missing name", () => {
  const notebook = join(folder, "work.ipynb");
  const history = join(folder, "history.jsonl");
  writeFileSync(
    notebook,
    JSON.stringify({
      cells: [
        { cell_type: "markdown", source: "const inText = 1;" },
        { cell_type: "code", source: ["// data\n", "const { images, masks } = load();"] },
        { cell_type: "code", source: "%strict\nconsole.log(images); function train() {}" },
      ],
    }),
  );
  new History(history, notebook).add(4, "const ran = 1;", null);
  new History(history, "/elsewhere.ipynb").add(5, "const others = 1;", null);

  it("is reported with the notebook's cell that declares it", () => {
    const missing = new MissingNames({ notebook, history });
    expect(hint(missing, "masks")).toBe(
      "Code cell 1 of work.ipynb declares it (`const { images, masks } = load();`): run that cell first.",
    );
    expect(hint(missing, "train")).toContain("Code cell 2 of work.ipynb");
    expect(hint(missing, "inText")).toBeUndefined();
    expect(hint(missing, "load")).toBeUndefined();
  });

  it("is reported with the cell of an earlier session, only of this notebook", () => {
    const missing = new MissingNames({ notebook, history });
    expect(hint(missing, "ran")).toContain("Cell [4] of an earlier session declares it");
    expect(hint(missing, "others")).toBeUndefined();
  });

  it("is reported with the cell that failed before it declared the name", () => {
    const missing = new MissingNames({ notebook: folder, history });
    missing.noteFailure(7, "throw 1; const after = 2;");
    expect(hint(missing, "after")).toContain("Cell [7], which failed, declares it");
  });

  it("is reported without a hint if nothing is known, and other errors are unchanged", () => {
    const missing = new MissingNames({ notebook: "/no.ipynb", history: "/no.jsonl" });
    const other = notFound("masks", "TS2322");
    expect(missing.explain([notFound("masks"), other])).toEqual([notFound("masks"), other]);
  });
});

it("a cell's error includes the hint, at its place", async () => {
  const file = join(folder, "restarted.ipynb");
  writeFileSync(
    file,
    JSON.stringify({ cells: [{ cell_type: "code", source: "const model = build();" }] }),
  );
  const notebook = new Notebook({ env: { JPY_SESSION_NAME: file } });
  expect(await notebook.failure("\nmodel.summary()")).toMatch(
    /^Cell \[1\]:2:1 - error TS2304: Cannot find name 'model'\.\nCode cell 1 of restarted\.ipynb declares it \(`const model = build\(\);`\): run that cell first\./,
  );
  expect(await notebook.failure("throw new Error('no'); const late = 1;")).toContain("no");
  expect(await notebook.failure("late")).toContain("Cell [2], which failed, declares it");
  await notebook.close();
});
