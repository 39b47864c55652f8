import path from "node:path";
import { declarationsOf, hiddenTypes } from "../../scripts/api/declarations.mjs";
import { temporaryFolder, writeFiles } from "./support/temporaryFolder";

const folder = temporaryFolder();
const dist = path.resolve(__dirname, "..", "..", "dist");

/** arquero's types, which `tableArquero` returns: they occur in our declarations but are not ours to export. */
const ofArquero = [
  ...["BitSet", "ColumnData", "ColumnGetter", "ColumnRef", "ColumnType", "CreateOptions"],
  ...["DataValue", "GroupBySpec", "ObjectsOptions", "Params", "PrintOptions", "RenameMap"],
  ...["RowComparator", "RowExpression", "Select", "SelectEntry", "SelectHelper", "Table"],
  ...["TypedArray", "TypedArrayConstructor"],
];
/** Type aliases within one file, which the compiler expands wherever it prints them. */
const local = [
  ...["AttrKinds", "CommonParts", "FigureBundle", "Filled", "Initializer", "LayerInputs"],
  ...["NamedTensor", "Optional", "ResidualArgs", "ServedShape", "State", "TfjsConfig"],
];

describe("the built declarations", () => {
  it("export every type that a public name is declared with", () => {
    const files = ["index", "node", "viz", "web", "kernelApi"].map((name) =>
      path.join(dist, `${name}.d.ts`),
    );
    const hidden = hiddenTypes(files).map((name) => name.replace(/\$\d+$/, ""));
    expect(hidden.filter((name) => ![...ofArquero, ...local].includes(name))).toEqual([]);
  });
});

describe("the report of public names", () => {
  const first = `
    /** A comment. */
    export interface Options { readonly size?: number; }
    interface Hidden { readonly deep: Deep; }
    type Deep = number;
    export {};
    export declare class Layer { private readonly secret; readonly hidden: Hidden; constructor(options: Options); }`;

  function written(): string[] {
    writeFiles(folder(), {
      "a.d.ts": first,
      "b.d.ts": 'export { Layer } from "./a";\nexport declare const two: 2;',
    });
    return ["a.d.ts", "b.d.ts"].map((name) => path.join(folder(), name));
  }

  it("has the declarations without comments and private members, each once", () => {
    const [a, b] = declarationsOf(written());
    expect(a).toMatch(/^Layer: class Layer \{\n {4}readonly hidden: Hidden;\n {4}constructor/);
    expect(a).toContain("Options: interface Options {\n    readonly size?: number;\n}");
    expect(a).not.toMatch(/secret|comment/);
    expect(b).toBe("Layer: as in a\ntwo: const two: 2;\n");
  });

  it("finds types that are not exported, also below other types", () => {
    expect(hiddenTypes(written())).toEqual(["Deep", "Hidden"]);
  });
});
