import * as fc from "fast-check";
import { EditedText } from "../../src/kernel/session/editedText";

describe("EditedText", () => {
  it("maps each offset back to the original", () => {
    const edited = new EditedText("const a;\nlet b;", [
      { at: 9, text: "export " },
      { at: 0, text: "import;\n" },
      { at: 0, text: "export " },
    ]);
    expect(edited.text).toBe("import;\nexport const a;\nexport let b;");
    expect(edited.toOriginal(edited.text.indexOf("const"))).toBe(0);
    expect(edited.toOriginal(edited.text.indexOf("a;"))).toBe(6);
    expect(edited.toOriginal(edited.text.indexOf("let"))).toBe(9);
    expect(edited.toOriginal(3)).toBe(0);
    expect(edited.toOriginal(edited.text.length)).toBe(15);
  });

  it("maps every character back, whatever was inserted", () => {
    const original = "abcdefghij";
    const insertion = fc.record({
      at: fc.integer({ min: 0, max: original.length }),
      text: fc.stringMatching(/^[-+]{1,4}$/),
    });
    fc.assert(
      fc.property(fc.array(insertion, { maxLength: 6 }), (insertions) => {
        const edited = new EditedText(original, insertions);
        for (const [place, character] of Array.from(edited.text).entries()) {
          if (/[a-j]/.test(character)) {
            expect(original[edited.toOriginal(place)]).toBe(character);
          }
        }
      }),
    );
  });
});
