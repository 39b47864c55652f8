import { runInNewContext } from "node:vm";
import { caseCaption } from "../../../src/viz/masks/caseCaption";
import { caseMetrics } from "../../../src/metrics";
import { clientScript } from "../../../src/viz/client/embed";
import { paintSlice } from "../../../src/viz/client/paintSlice";
import { describeDice } from "../../../src/viz/client/describeDice";

describe("describeDice", () => {
  const classNames = ["background", "common", "rare"];
  const plane = (labels: string) => ({
    height: 1,
    width: labels.length,
    data: Uint8Array.from(labels, Number),
  });

  it.each([
    ["111100", "111000"],
    ["110022", "110000"],
    ["110000", "112200"],
    ["000000", "000010"],
    ["000000", "000000"],
  ])("agrees with reports and tables for %s and %s", (truth, prediction) => {
    const record = caseMetrics(plane(truth), plane(prediction), { id: "a", classNames });
    expect(describeDice(plane(prediction).data, plane(truth).data, 2)).toBe(caseCaption(record));
  });
});

describe("paintSlice", () => {
  const base = {
    ...{ height: 3, width: 4, grey: [0, 1, 1, 0], greyWidth: 2, factor: 2 },
    ...{ shade: [0, 200], opacity: 0.5, isOutline: false },
  };
  const paint = (slice: Partial<Parameters<typeof paintSlice>[1]>) => {
    const pixels = new Uint8ClampedArray(4 * 12);
    paintSlice(pixels, { ...base, colours: [], ...slice });
    return Array.from({ length: 12 }, (_, at) => [...pixels.slice(4 * at, 4 * at + 3)].join(" "));
  };

  it("scales a reduced picture up to the slice's pixels", () => {
    const greys = paint({}).map((pixel) => pixel.split(" ")[0]);
    expect(greys.join(" ")).toBe("0 0 200 200 0 0 200 200 200 200 0 0");
  });

  it("fills shown classes, more at their edge, and leaves hidden ones out", () => {
    const labels = [1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 2];
    const red = [[255, 0, 0], null];
    const filled = paint({ labels, colours: red });
    expect(filled[0]).toBe("230 0 0");
    expect(filled[5]).toBe("128 0 0");
    expect(filled[11]).toBe("0 0 0");
    expect(paint({ labels, colours: red, isOutline: true })[5]).toBe("0 0 0");
  });

  it("colours correct, false positive and missed pixels", () => {
    const colours = [
      [255, 255, 255],
      [255, 160, 0],
      [0, 0, 255],
    ];
    const labels = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const truth = [1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const pixels = paint({ labels, truth, colours, opacity: 1, shade: [0, 0] });
    expect(pixels.slice(0, 4)).toEqual(["255 255 255", "255 160 0", "0 0 255", "0 0 0"]);
  });
});

describe("clientScript", () => {
  it("embeds a function, its arguments and the functions passed to it", () => {
    const mount = (
      out: string,
      values: readonly number[],
      tools: { readonly twice: (value: number) => number },
    ): void => {
      (globalThis as Record<string, unknown>)[out] = values.map(tools.twice);
    };
    const script = clientScript(mount, "</script>", [1, 2], { twice: (value) => 2 * value });
    expect(script.match(/<\/script>/g)).toHaveLength(1);
    const context: Record<string, unknown> = {};
    runInNewContext(script.replace(/^<script>|<\/script>$/g, ""), context);
    expect(context["</script>"]).toEqual([2, 4]);
  });
});
