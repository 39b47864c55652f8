import { ConfigError } from "../../src/core/errors";
import { DISPLAY } from "../../src/display/host";
import { Figure } from "../../src/viz/Figure";
import { maskComparison } from "../../src/viz/maskComparison";
import { scoreBars } from "../../src/viz/scoreBars";
import { trainingCurves } from "../../src/viz/trainingCurves";

const classNames = ["background", "ground-glass opacity", "consolidation", "pleural effusion"];

function plane(height: number, width: number, values: readonly number[]) {
  return { height, width, data: Array.from({ length: height * width }, (_, i) => values[i] ?? 0) };
}

describe("Figure", () => {
  it("shows itself in the forms a frontend chooses from", () => {
    const figure = new Figure({ data: [], layout: { height: 300 }, description: "Nothing <yet>." });
    const bundle = figure[DISPLAY]();
    expect(Object.keys(bundle)).toEqual([
      "application/vnd.plotly.v1+json",
      "text/html",
      "text/plain",
    ]);
    expect(figure.toHtml()).toContain("Nothing &lt;yet&gt;.");
  });

  it("cannot be closed early by what it shows", () => {
    const figure = new Figure({ data: [{ name: "</script><b>" }], layout: {}, description: "x" });
    expect(figure.toHtml().match(/<\/script>/g)).toHaveLength(1);
  });
});

describe("maskComparison", () => {
  const item = (id: string, height: number, width: number) => ({
    id,
    image: plane(height, width, [10, 20, 30]),
    masks: [
      { title: "Truth", labels: plane(height, width, [1, 2, 2]) },
      { title: "U-Net", labels: plane(height, width, [0, 2, 0]), caption: "Dice 0.50" },
    ],
  });

  it("has a scan a panel, a region a class and mask, and a legend entry a class", () => {
    const { data } = maskComparison([item("a", 5, 7), item("b", 3, 2)], { classNames });
    expect(data.filter((trace) => trace["type"] === "image")).toHaveLength(2 * 3);
    expect(data.filter((trace) => trace["fill"] === "toself")).toHaveLength(2 * 2 * 3);
    expect(
      data.filter((trace) => trace["showlegend"] === true).map((trace) => trace["name"]),
    ).toEqual(classNames.slice(1));
  });

  it("keeps a slice's proportions in its square panel", () => {
    const { layout } = maskComparison([item("a", 5, 7)], { classNames });
    expect((layout["xaxis"] as { range: number[] }).range).toEqual([-0.5, 6.5]);
    expect((layout["yaxis"] as { range: number[] }).range).toEqual([5.5, -1.5]);
  });

  it("draws the same regions without scripts", () => {
    const { svg } = maskComparison([item("a", 5, 7)], { classNames });
    expect(svg?.match(/<path /g)).toHaveLength(3);
    expect(svg?.match(/<image /g)).toHaveLength(1);
    expect(svg?.match(/<use /g)).toHaveLength(3);
    expect(svg).toContain("pleural effusion");
  });

  it("reduces a scan that is larger than a panel, and keeps its place", () => {
    const { data } = maskComparison([item("a", 400, 769)], { classNames });
    const scan = data.find((trace) => trace["type"] === "image");
    expect([scan?.["dx"], scan?.["x0"]]).toEqual([3, 1]);
    const header = Buffer.from(String(scan?.["source"]).split(",")[1], "base64");
    expect([header.readUInt32BE(16), header.readUInt32BE(20)]).toEqual([257, 134]);
  });

  it("refuses a mask on another grid, no case, and columns that differ", () => {
    const wrong = { ...item("a", 5, 7), image: plane(5, 5, []) };
    expect(() => maskComparison([wrong], { classNames })).toThrow(
      /\["a"\].masks\["Truth"\]: expected 5 x 5 pixels, as the scan, got 5 x 7/,
    );
    expect(() => maskComparison([], { classNames })).toThrow(ConfigError);
    const fewer = { ...item("b", 5, 7), masks: item("b", 5, 7).masks.slice(1) };
    expect(() => maskComparison([item("a", 5, 7), fewer], { classNames })).toThrow(
      /expected the columns Truth, U-Net, got U-Net/,
    );
  });
});

describe("scoreBars", () => {
  it("has no bar where nothing is defined", () => {
    const { data } = scoreBars(
      [
        { model: "unet", className: "consolidation", mean: 0.5, count: 3, interval: [0.4, 0.7] },
        { model: "unet", className: "pleural effusion", mean: NaN, count: 0 },
      ],
      "Dice",
    );
    expect(data[0]["y"]).toEqual([0.5, null]);
    const { array, arrayminus } = data[0]["error_y"] as Record<string, (number | null)[]>;
    expect(array[0]).toBeCloseTo(0.2);
    expect(arrayminus[0]).toBeCloseTo(0.1);
  });
});

describe("trainingCurves", () => {
  it("leaves out what was not measured", () => {
    const { data } = trainingCurves([
      {
        model: "unet",
        epochs: [
          { epoch: 1, loss: 0.9, validationDice: null },
          { epoch: 2, loss: 0.7, validationDice: 0.4 },
        ],
      },
    ]);
    expect(data.map((trace) => [trace["name"], trace["x"]])).toEqual([
      ["unet, training", [1, 2]],
      ["unet, Dice", [2]],
    ]);
  });
});
