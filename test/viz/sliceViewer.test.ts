import { sliceViewer } from "../../src/viz";
import { CLASS_NAMES, sampleMask, sampleScan } from "./support/sampleCase";

const scan = sampleScan(48, 64);
const cases = ["a", "b"].map((id) => ({ id, image: scan, labels: sampleMask(scan, [1]) }));

describe("sliceViewer", () => {
  it("takes a dataset for its slices and class names", () => {
    const dataset = { name: "ward", cases, classNames: CLASS_NAMES };
    const html = sliceViewer(cases, { classNames: CLASS_NAMES }).toHtml();
    expect(sliceViewer(dataset).toHtml()).toBe(html);
    expect(sliceViewer(dataset, { start: 1 }).toHtml()).toBe(
      sliceViewer(cases, { classNames: CLASS_NAMES, start: 1 }).toHtml(),
    );
    expect(html).toContain(CLASS_NAMES[1]);
  });
});
