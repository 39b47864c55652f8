import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { History } from "../../src/kernel/protocol/history";
import { requestSchemas } from "../../src/kernel/protocol/requests";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "history-"));
  file = join(folder, "deep", "history.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

const request = (content: object): ReturnType<typeof requestSchemas.history_request.parse> =>
  requestSchemas.history_request.parse(content);

function filled(): History {
  const first = new History(file);
  first.add(1, "let a = 1", null);
  first.add(2, "a + 1", "2");
  const second = new History(file);
  second.add(1, "a * 2", "4");
  second.add(2, "a + 1", "2");
  return second;
}

describe("History", () => {
  it("returns the last cells, including those of earlier sessions", () => {
    expect(filled().find(request({ hist_access_type: "tail", n: 3 }))).toEqual([
      [1, 2, "a + 1"],
      [2, 1, "a * 2"],
      [2, 2, "a + 1"],
    ]);
    expect(
      new History(file).find(request({ hist_access_type: "tail", n: 1, output: true })),
    ).toEqual([[2, 2, ["a + 1", "2"]]]);
  });

  it("returns a range of a session: by number, this one, or counted back", () => {
    const history = filled();
    const range = (content: object): unknown[][] =>
      history.find(request({ hist_access_type: "range", ...content }));
    expect(range({ session: 1, start: 1, stop: 2 })).toEqual([[1, 1, "let a = 1"]]);
    expect(range({ session: 0 })).toHaveLength(2);
    expect(range({ session: -1, start: 2 })).toEqual([[1, 2, "a + 1"]]);
  });

  it("searches by wildcards, each text once if requested", () => {
    const history = filled();
    const search = (content: object): unknown[][] =>
      history.find(request({ hist_access_type: "search", ...content }));
    expect(search({ pattern: "a ? 1" })).toHaveLength(2);
    expect(search({ pattern: "a*", unique: true })).toEqual([
      [2, 1, "a * 2"],
      [2, 2, "a + 1"],
    ]);
    expect(search({ pattern: "*", n: 1 })).toEqual([[2, 2, "a + 1"]]);
    expect(search({ pattern: "(" })).toEqual([]);
  });

  it("skips an incomplete line left by a killed kernel", () => {
    filled();
    appendFileSync(file, '{"session":2,"li');
    expect(new History(file).find(request({}))).toHaveLength(4);
  });

  it("works without a file", () => {
    const history = new History(join(folder, "\0"));
    history.add(1, "x", null);
    expect(history.find(request({}))).toEqual([[1, 1, "x"]]);
  });
});
