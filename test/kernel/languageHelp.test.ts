import { CellConverter } from "../../src/kernel/session/cellConverter";
import { cellCompleteness } from "../../src/kernel/session/cellSyntax";
import { completeAt, inspectAt } from "../../src/kernel/session/languageHelp";
import type { CompletionMatch } from "../../src/kernel/session/channel";
import { COMMON_NAMES } from "../../src/kernel/session/commonNames";
import { PACKAGE_ROOT } from "./support/kernelScript";

let converter: CellConverter;
beforeAll(() => {
  converter = new CellConverter({ cwd: PACKAGE_ROOT, fallbackRoot: PACKAGE_ROOT, strict: false });
  const cell = converter.convert(
    `/**
      * Halves a number.
      * @param x what to halve
      * @example
      * half(4); // 2
      */
     const half = (x: number): number => x / 2;
     interface Shape { readonly sides: number; readonly side: number }
     let drawn: Shape = { sides: 3, side: 1 };`,
  );
  if (!("javascript" in cell)) throw new Error(JSON.stringify(cell));
  converter.commit(cell, () => true);
});

/** Completes at the `|`. */
function complete(text: string): { texts: string[]; replaced: string } {
  const cursor = text.indexOf("|");
  const code = text.replace("|", "");
  const { matches, start, end } = completeAt(converter, code, cursor);
  return { texts: matches.map((match) => match.text), replaced: code.slice(start, end) };
}

function inspect(text: string): string {
  const cursor = text.indexOf("|");
  const bundle = inspectAt(converter, text.replace("|", ""), cursor);
  return String(bundle?.["text/plain"]);
}

describe("completion", () => {
  it.each([
    ["a name with letters beyond ASCII", "const größe = 1; größ|", ["größe"], "größ"],
    ["members of a type of an earlier cell", "drawn.si|", ["side", "sides"], "si"],
    ["names of earlier cells", "hal|", ["half"], "hal"],
    ["names of the cell itself", "const somewhere = 1; somewh|", ["somewhere"], "somewh"],
    ["types", "let other: Sha|", ["Shape"], "Sha"],
    ["the rest of a word around the cursor", "Math.ma|x(1)", ["max"], "max"],
    ["in any case", "drawn.SI|", ["side", "sides"], "SI"],
  ])("gives %s", (_name, text, wanted, replaced) => {
    const found = complete(text);
    expect(found.texts).toEqual(expect.arrayContaining(wanted));
    expect(found.replaced).toBe(replaced);
  });

  describe("of a package's names", () => {
    const code = 'import * as lb from "layerbook"; lb.';
    const found = (): readonly CompletionMatch[] =>
      completeAt(converter, code, code.length).matches;

    it("gives the kind and a line about each", () => {
      const matches = found();
      expect(matches.map(({ kind }) => kind)).not.toContain("alias");
      expect(matches.find(({ text }) => text === "diceLoss")).toEqual({
        text: "diceLoss",
        kind: "function",
        documentation: expect.stringMatching(/Dice.*\.$/) as unknown,
      });
      expect(matches.find(({ text }) => text === "LSHAttention")?.kind).toBe("class");
    });

    it("begins with the most common names, then sorts by kind", () => {
      const texts = found().map(({ text }) => text);
      expect(texts.slice(0, COMMON_NAMES.length)).toEqual(COMMON_NAMES);
      const kinds = found()
        .slice(COMMON_NAMES.length)
        .map(({ kind }) => kind);
      expect(kinds.indexOf("class")).toBeGreaterThan(kinds.lastIndexOf("function"));
      expect(kinds.indexOf("const")).toBeGreaterThan(kinds.lastIndexOf("class"));
    });
  });

  it("answers each text independently", () => {
    expect(complete("const first1 = 1; fir|").texts).toContain("first1");
    expect(complete("const second = 1; fir|").texts).not.toContain("first1");
  });

  it("offers none of the kernel's own files", () => {
    expect(complete("__ce|").texts).toEqual([]);
  });
});

describe("inspection", () => {
  it("gives type and docs, on the name and just after it", () => {
    for (const text of ["ha|lf(2)", "half|"]) {
      expect(inspect(text)).toMatch(/^(const )?half.*number\n\nHalves a number\./);
    }
    expect(inspect("half|")).toContain("@example half(4); // 2");
  });

  it("gives the docs of Node's own functions, which are read on request", () => {
    const told = inspect('import { readFileSync } from "node:fs"; readFile|Sync');
    expect(told).toContain("Returns the contents of the `path`.");
    expect(told).toContain("@since v0.1.8");
  });

  const ofTfjs = 'import * as tf from "@tensorflow/tfjs"; ';
  it("gives the docs of tfjs' ops, from the function that declares them", () => {
    const told = inspect(`${ofTfjs}tf.conv2|d`);
    expect(told).toContain("Computes a 2D convolution over the input x.");
    expect(told).toContain("@param strides The strides of the convolution");
  });

  it("gives the docs of a class that has an interface with the same name", () => {
    expect(inspect(`${ofTfjs}tf.Tenso|r`)).toContain("immutable, multidimensional array");
  });

  it.each([
    ["Math.max( |", "max(...values: number[]): number", "Returns the larger of"],
    [`${ofTfjs}tf.matMul (|`, "matMul(a: ", "Computes the dot product of two matrices"],
  ])("gives the docs of %s, which are read on request", (code, signature, docs) => {
    const told = inspect(code);
    expect(told).toContain(signature);
    expect(told).toContain(docs);
  });

  it("describes the function inside its call", () => {
    expect(inspect("half( |")).toMatch(/^half\(x: number\): number/);
  });

  it("does not show cell files", () => {
    expect(inspect("dra|wn")).toBe("let drawn: Shape");
  });

  it("finds nothing if there is no name", () => {
    expect(inspectAt(converter, "   ", 1)).toBeNull();
  });
});

describe("cellCompleteness", () => {
  it.each([
    ["1 + 1", "complete", ""],
    ["", "complete", ""],
    ["await (null)", "complete", ""],
    ["if (a) {", "incomplete", "  "],
    ["  f(1,", "incomplete", "  "],
    ["const a =", "incomplete", ""],
    ["`open", "incomplete", ""],
    ["/* open", "incomplete", ""],
    ["const = 1", "invalid", ""],
    ["f(]", "invalid", ""],
    ["}", "invalid", ""],
  ])("%j is %s", (code, status, indent) => {
    expect(cellCompleteness(code)).toEqual({ status, indent });
  });
});
