import { inspect } from "node:util";
import {
  BackendError,
  ConfigError,
  DataError,
  LayerbookError,
  NumericsError,
  SetupError,
  ShapeError,
  TraceError,
} from "../../src/core/errors";
import type { ErrorDetails } from "../../src/core/errors";
import { EngineError } from "../../src/engine/session";
import { NotebookError } from "../../src/viz/reports/exportNotebook";

const details = { where: "layer.units", expected: "a positive integer", got: "-3" };
const message = "layer.units: expected a positive integer, got -3";

/** What `console.error` prints of an error behind its stack. */
function behindStack(error: Error): string {
  const shown = inspect(error);
  return shown.slice(shown.search(/(?:\n {4}at .*)+/)).replaceAll(/\n {4}at [^\n{]*/g, "");
}

describe.each<[string, new (given: ErrorDetails) => LayerbookError]>([
  ["LayerbookError", LayerbookError],
  ["ShapeError", ShapeError],
  ["ConfigError", ConfigError],
  ["DataError", DataError],
  ["TraceError", TraceError],
  ["NumericsError", NumericsError],
  ["SetupError", SetupError],
  ["EngineError", EngineError],
  ["NotebookError", NotebookError],
])("%s", (name, Typed) => {
  it("is printed as its message and its stack, and nothing twice", () => {
    for (const remedy of [undefined, "Pass a larger one."]) {
      const error = new Typed({ ...details, ...(remedy === undefined ? {} : { remedy }) });
      expect(inspect(error)).toMatch(
        new RegExp(
          `^${name}: ${remedy === undefined ? message : `${message}. ${remedy}`}\n    at `,
        ),
      );
      expect(behindStack(error)).toBe("");
    }
  });

  it("has its parts all the same", () => {
    const error = new Typed({ ...details, remedy: "Pass a larger one." });
    expect(error).toMatchObject({ name, ...details, remedy: "Pass a larger one." });
    expect("remedy" in new Typed(details)).toBe(false);
  });

  it("shows the cause where there is one, and none otherwise", () => {
    expect("cause" in new Typed(details)).toBe(false);
    const shown = inspect(new Typed({ ...details, cause: new RangeError("below") }));
    expect(shown).toContain("[cause]: RangeError: below");
  });
});

it("a BackendError shows the op and the backend, which its message may leave out", () => {
  const shown = behindStack(new BackendError(details, "Conv2D", "cpu")).trim();
  expect(shown).toBe("{\n  op: 'Conv2D',\n  backend: 'cpu'\n}");
});
