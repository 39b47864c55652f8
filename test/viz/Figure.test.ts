import { decode } from "fast-png";
import { ConfigError } from "../../src/core/errors";
import { DISPLAY } from "../../src/display/host";
import type { StudyTable } from "../../src/experiments/studies/views/studyTable";
import { Figure } from "../../src/viz/Figure";
import { ablationBars } from "../../src/viz/charts/ablationBars";
import { intervalRows } from "../../src/viz/charts/fromStudy";
import { scoreBars } from "../../src/viz/charts/scoreBars";
import { trainingCurves } from "../../src/viz/charts/trainingCurves";
import { attentionMap } from "../../src/viz/masks/attentionMap";
import { compareMasks } from "../../src/viz/masks/compareMasks";
import { lshBucketMap } from "../../src/viz/masks/lshBucketMap";

const classNames = ["background", "ground-glass opacity", "consolidation", "pleural effusion"];

function plane(height: number, width: number, values: readonly number[]) {
  return { height, width, data: Array.from({ length: height * width }, (_, i) => values[i] ?? 0) };
}

describe("Figure", () => {
  it("shows a chart to JupyterLab as plotly's type, and to everything else as a picture", () => {
    const figure = new Figure({
      data: [{ y: [1, 2] }],
      layout: { height: 300 },
      description: "Nothing <yet>.",
    });
    const bundle = figure[DISPLAY]();
    expect(Object.keys(bundle)).toEqual([
      "application/vnd.plotly.v1+json",
      "image/svg+xml",
      "text/plain",
    ]);
    expect(bundle["image/svg+xml"]).toContain('aria-label="Nothing &lt;yet&gt;."');
  });

  it("fixes both sizes, since plotly's own resizing collapses a hidden tab's figure", () => {
    const { layout } = new Figure({ data: [], layout: {}, description: "Nothing." });
    expect(layout).toMatchObject({ width: 760, height: 380 });
  });

  it("contains its static picture in its HTML", () => {
    const figure = new Figure({ data: [{ y: [1, 2] }], layout: {}, description: "A line." });
    expect(figure.toHtml()).toMatch(
      /^<figure [^>]*><svg .*<\/svg><script type="application\/json">/s,
    );
  });

  it("escapes content that could close its script early", () => {
    const figure = new Figure({ data: [{ name: "</script><b>" }], layout: {}, description: "x" });
    expect(figure.toHtml().match(/<\/script>/g)).toHaveLength(1);
    expect(figure.toHtml()).not.toContain("<b>");
  });

  it("shows a still picture of ours on the frontend's own background, and a user's as it is", () => {
    const image = plane(2, 3, [10, 20, 30]);
    const ours = attentionMap(image, [{ title: "Head 1", weights: image }]);
    const shown = ours.toMimeBundle()["image/svg+xml"];
    expect(ours.svg).toContain('fill="#ffffff"');
    expect(shown).not.toMatch(/fill="#(ffffff|333333)"/);
    expect(shown).toContain('fill="#797979"');
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><rect fill="#ffffff"/></svg>';
    expect(new Figure({ svg, description: "White." }).toMimeBundle()["image/svg+xml"]).toBe(svg);
  });

  it("names the maps of an explanation by layer and head", () => {
    const weights = plane(2, 2, [1, 0, 0, 0]);
    const maps = [{ layer: "decoder0/attention", head: 1, query: [0, 1] as const, weights }];
    const { description } = attentionMap(plane(2, 2, []), [...maps, { layer: "gate", weights }]);
    expect(description).toBe("Attention over the scan: decoder0/attention, head 2, gate.");
  });

  it("names the buckets of an explanation, and draws panels in rows that fit into a notebook", () => {
    const scan = plane(2, 2, []);
    const map = (round: number) => ({ layer: "attention", round, head: 0, buckets: scan });
    const figure = lshBucketMap(scan, [map(0), map(1)]);
    expect(figure.description).toBe(
      "Hash buckets over the scan: attention, round 1, head 1 with 1 buckets, attention, round 2, head 1 with 1 buckets.",
    );
    const sizeOf = (rounds: number): readonly number[] => {
      const { svg = "" } = lshBucketMap(
        scan,
        Array.from({ length: rounds }, (_, i) => map(i)),
      );
      return /width="(\d+)" height="(\d+)" role/.exec(svg)?.slice(1).map(Number) ?? [];
    };
    const [width, height] = sizeOf(2);
    expect(width).toBeLessThan(860);
    // With the scan itself: a square of four, and rows of three.
    expect(sizeOf(3)).toEqual([sizeOf(1)[0], 2 * height]);
    expect(sizeOf(8)).toEqual([width, 3 * height]);
  });

  it("draws an ablation's table as its rows", () => {
    const score = (mean: number, pHolm: number) => ({
      Dice: { mean, sd: 0.1, interval: { low: mean, high: mean }, count: 9, pHolm },
    });
    const row = (title: string, mean: number, pHolm: number) => ({
      ...{ title, factors: {}, scores: score(mean, pHolm) },
    });
    const table = {
      ...{ title: "Ablation", columns: ["Dice"], factorNames: [], convention: "How." },
      rows: [row("U-Net", 0.6, NaN), row("M-A", 0.5, 0.01)],
    } as unknown as StudyTable;
    expect(ablationBars(table).data).toEqual(ablationBars(intervalRows(table)).data);
    expect(ablationBars(table).data[0]["text"]).toEqual(["0.60", "0.50 *"]);
  });

  it("lists traces without a static picture", () => {
    const figure = new Figure({ data: [{ type: "pie" }], layout: {}, description: "A pie." });
    expect(figure.svg).toContain("Interactive only: pie. A pie.");
  });
});

describe("compareMasks", () => {
  const item = (id: string, height: number, width: number) => ({
    id,
    image: plane(height, width, [10, 20, 30]),
    labels: plane(height, width, [1, 2, 2]),
    masks: [{ title: "U-Net", labels: plane(height, width, [0, 2, 0]), caption: "Dice 0.50" }],
  });
  const svgOf = (...args: Parameters<typeof compareMasks>): string =>
    compareMasks(...args).svg ?? "";

  it("puts a heading that is wider than its panel in lines", () => {
    const masks = [{ title: "residualAttentionUnet", labels: plane(5, 7, [0, 2, 0]) }];
    const cases = [{ ...item("a", 5, 7), masks }];
    const wide = svgOf(cases, { classNames, difference: true });
    expect(wide).toContain(">Residual Attention U-Net: errors<");
    const narrow = svgOf(cases, { classNames, difference: true, panelSize: 150 });
    expect(narrow).not.toContain(">Residual Attention U-Net: errors<");
    expect(narrow).toContain(">U-Net: errors<");
  });

  it("stores each scan once, and draws a region per class and mask", () => {
    const svg = svgOf([item("a", 5, 7), item("b", 3, 2)], { classNames });
    expect(svg.match(/<image /g)).toHaveLength(2);
    expect(svg.match(/<use /g)).toHaveLength(2 * 3);
    expect(svg.match(/class="lb-region/g)).toHaveLength(2 * 3);
    for (const name of classNames.slice(1)) expect(svg).toContain(name);
  });

  it("shows correct, false positive and missed pixels of a prediction", () => {
    const svg = svgOf([item("a", 5, 7)], { classNames, difference: true });
    expect(svg).toContain("U-Net: errors");
    expect(svg.match(/lb-(correct|false|missed)"/g)).toEqual(['lb-correct"', 'lb-missed"']);
  });

  it("reduces a scan that is larger than a panel by area, not by leaving pixels out", () => {
    const image = plane(2, 1154, []);
    image.data = image.data.map((_, i) => (i % 2) * 100);
    const svg = svgOf([{ id: "a", image }], { classNames, window: { low: 0, high: 100 } });
    const png = Buffer.from(/base64,([^"]+)/.exec(svg)?.[1] ?? "", "base64");
    const { data, width } = decode(png);
    expect(width).toBe(289);
    expect([...data.slice(0, 288)].every((grey) => grey === 127 || grey === 128)).toBe(true);
  });

  it("escapes class names and titles", () => {
    const svg = svgOf([item("<i>", 5, 7)], { classNames: ["background", "A & B", "c", "d"] });
    expect(svg).toContain("A &amp; B");
    expect(svg).not.toMatch(/<i>|A & B/);
  });

  it("refuses a mask on another grid, no case, and columns that differ", () => {
    const wrong = { ...item("a", 5, 7), image: plane(5, 5, []) };
    expect(() => compareMasks([wrong], { classNames })).toThrow(
      /\["a"\].masks\["Truth"\]: expected 5 x 5 pixels, like the scan, got 5 x 7/,
    );
    expect(() => compareMasks([], { classNames })).toThrow(ConfigError);
    const fewer = { ...item("b", 5, 7), masks: [] };
    expect(() => compareMasks([item("a", 5, 7), fewer], { classNames })).toThrow(
      /expected the columns Truth, U-Net, got Truth/,
    );
    const bare = { ...item("a", 5, 7), labels: null };
    expect(() => compareMasks([bare], { classNames, difference: true })).toThrow(
      /expected a mask titled "Truth" to compare with/,
    );
  });
});

describe("scoreBars", () => {
  it("has no bar for an undefined score", () => {
    const { data } = scoreBars(
      [
        { model: "unet", className: "consolidation", mean: 0.5, count: 3, interval: [0.4, 0.7] },
        { model: "unet", className: "pleural effusion", mean: NaN, count: 0, interval: [NaN, NaN] },
      ],
      "Dice",
    );
    expect(data[0]["y"]).toEqual([0.5, null]);
    expect(data[0]["error_y"]).toBeDefined();
    const { array, arrayminus } = data[0]["error_y"] as Record<string, (number | null)[]>;
    expect(array[0]).toBeCloseTo(0.2);
    expect(arrayminus[0]).toBeCloseTo(0.1);
    expect([array[1], arrayminus[1]]).toEqual([null, null]);
  });
});

describe("trainingCurves", () => {
  it("omits what was not measured", () => {
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
      ["U-Net, training", [1, 2]],
      ["U-Net, Dice", [2]],
    ]);
  });
});
