import { repeatedKey } from "../../src/core/repeatedKey";

describe("repeatedKey", () => {
  it.each([
    ['{ "a": 1, "b": 2, "a": 3 }', "a"],
    ['{ "model": { "filters": 4, "depth": 2, "filters": 8 } }', "model.filters"],
    ['[{ "fold": 0 }, { "fold": 1, "test": [], "fold": 2 }]', "1.fold"],
    // The same key, written in two ways.
    ['{ "a": 1, "\\u0061": 2 }', "a"],
    ['{ "say \\"a\\"": 1, "say \\"a\\"": 2 }', 'say "a"'],
    ['{ "__proto__": 1, "__proto__": 2 }', "__proto__"],
    ['{ "a": { "b": [1, { "c": {}, "c": [] }] } }', "a.b.1.c"],
    ['{"":1,"":2}', ""],
  ])("finds the one of %s", (text, path) => {
    expect(JSON.parse(text)).toBeDefined();
    expect(repeatedKey(text)).toBe(path);
  });

  it.each([
    '{ "a": { "b": 1 }, "b": { "a": 1 }, "c": ["a", "a", ":", "{"] }',
    '[{ "a": 1 }, { "a": 1 }]',
    '{ "a": "\\"a\\": 1, \\"a\\": 2", "b": "}", "c": "{" }',
    '{ "a": "a", "b": "a" }',
    '"a"',
    "12",
    "[]",
  ])("finds none in %s", (text) => {
    expect(JSON.parse(text)).toBeDefined();
    expect(repeatedKey(text)).toBeNull();
  });
});
