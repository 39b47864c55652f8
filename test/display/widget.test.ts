import { DISPLAY, openComm, setDisplayHost, widget } from "../../src/display";
import {
  copyValue,
  joinBuffers,
  restoreArrayType,
  splitBuffers,
} from "../../src/display/widget/state";

const esm = "export default { render() {} }";

beforeEach(() => setDisplayHost(null));

describe("a widget's state", () => {
  it("is separated from its bytes and joined with them again", () => {
    const state = {
      a: 1,
      deep: { list: [new Uint8Array([1]), "x"], bytes: new Float32Array([2]) },
    };
    const split = splitBuffers(state);
    expect(split.state).toEqual({ a: 1, deep: { list: [null, "x"] } });
    expect(split.bufferPaths).toEqual([
      ["deep", "list", 0],
      ["deep", "bytes"],
    ]);
    const joined = joinBuffers({ ...split.state }, split.bufferPaths, split.buffers);
    expect(joined).toEqual({
      a: 1,
      deep: { list: [new Uint8Array([1]), "x"], bytes: new Uint8Array([0, 0, 0, 64]) },
    });
  });

  it("ignores invalid paths, and does not touch prototypes", () => {
    const bytes = [new Uint8Array([1]), new Uint8Array([2]), new Uint8Array([3])];
    joinBuffers({ a: 1 }, [["b", "c"], ["__proto__"], []], bytes);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it.each([
    ["a prototype", [["__proto__", "polluted"]]],
    ["a constructor", [["constructor", "polluted"]]],
    ["a constructor's prototype", [["constructor", "prototype", "polluted"]]],
    ["an entry's prototype", [["a", "__proto__", "polluted"]]],
    ["no list", "paths"],
    ["a list of no paths", [null, "a", 1, [{}]]],
    ["an entry without a buffer", [["x"], ["x"], ["x"], ["x"], ["a"]]],
  ])("is not changed by a path that leads to %s", (_name, paths) => {
    const bytes = Array.from({ length: 4 }, () => new Uint8Array([1]));
    const { a } = joinBuffers({ a: { b: 1 }, x: 0 }, paths, bytes);
    expect(a).toEqual({ b: 1 });
    expect("polluted" in {} || "polluted" in Object).toBe(false);
  });

  it.each([
    [new Float32Array(1), new Uint8Array(8), new Float32Array(2)],
    [new Float32Array(1), new Uint8Array(3), new Uint8Array(3)],
    [new DataView(new ArrayBuffer(1)), new Uint8Array([7]), new DataView(new ArrayBuffer(1))],
    [new ArrayBuffer(1), new Uint8Array(2), new ArrayBuffer(2)],
    [3, new Uint8Array(2), new Uint8Array(2)],
    [new Float32Array(1), "text", "text"],
  ])("comes back as the same type of array: %p", (previous, value, expected) => {
    const got = restoreArrayType(previous, value);
    expect(Object.prototype.toString.call(got)).toBe(Object.prototype.toString.call(expected));
  });

  it.each([
    [NaN, "NaN"],
    [undefined, "undefined"],
    [() => 1, "a function"],
    [new Date(0), "a Date"],
    [10n, "10"],
  ])("refuses what JSON cannot represent: %p", (value, got) => {
    expect(() => copyValue("s", [{ x: value }])).toThrow(
      `s[0].x: expected null, a boolean, a finite number, text, bytes, or arrays and plain objects of these, got ${got}`,
    );
  });

  it("refuses an object that contains itself, and accepts one that occurs twice", () => {
    const loop: Record<string, unknown> = {};
    loop["me"] = [loop];
    expect(() => copyValue("s", loop)).toThrow("s.me[0]: expected null");
    const shared = { a: 1 };
    expect(copyValue("s", [shared, shared])).toEqual([{ a: 1 }, { a: 1 }]);
  });
});

describe("widget", () => {
  it("is copied by value, and reports changes to handlers", () => {
    const given = { list: [1, 2], n: 0 };
    const made = widget({ esm, state: given });
    given.list.push(3);
    made.get("list").push(4);
    expect(made.state).toEqual({ list: [1, 2], n: 0 });
    const changes: unknown[] = [];
    const stop = made.on("change", (change) => changes.push(change));
    made.on("change:n", ({ value }) => changes.push(value));
    made.set({ list: [1, 2], n: 5 });
    stop();
    made.set("n", 6);
    expect(changes).toEqual([{ name: "n", value: 5, previous: 0, source: "kernel" }, 5, 6]);
  });

  it("calls every handler, whatever one of them throws", () => {
    const made = widget({ esm, state: { n: 0 } });
    const called: string[] = [];
    made.on("change", () => {
      called.push("first");
      throw new Error("one");
    });
    made.on("change:n", () => void called.push("second"));
    expect(() => made.set("n", 1)).toThrow("one");
    expect(called).toEqual(["first", "second"]);
    made.on("change", () => {
      throw new Error("two");
    });
    expect(() => made.set("n", 2)).toThrow("2 handlers failed");
  });

  it("rejects wrong options and names with the reason", () => {
    const made = widget({ esm, state: { value: 1 } });
    const untyped = made as unknown as {
      get(name: string): void;
      on(name: string, f: object): void;
    };
    expect(() => widget({ esm: " " })).toThrow("widget.esm: expected the text of an ES module");
    expect(() => widget({ esm, ccs: "" } as never)).toThrow('Did you mean "css"?');
    expect(() => widget({ esm, state: { _esm: 1 } })).toThrow("widget.state._esm");
    expect(() => widget({ esm, state: { f: NaN } })).toThrow("widget.state.f");
    expect(() => untyped.get("valeu")).toThrow(
      'Widget.get: expected a key of the state: value, got "valeu"',
    );
    expect(() => untyped.on("chnage", () => 0)).toThrow("Widget.on: expected change, change:NAME");
    expect(() => openComm("x")).toThrow("openComm: expected a notebook");
  });

  it("shows itself as a page, a picture and text without a frontend", () => {
    const bundle = widget({ esm: "/* </script> */", state: { a: "<b>" } })[DISPLAY]();
    expect(Object.keys(bundle)).toEqual(["text/html", "image/svg+xml", "text/plain"]);
    expect(bundle["text/plain"]).toBe("Widget(a: <b>)");
    expect(bundle["image/svg+xml"]).toContain("&lt;b&gt;");
    // Exactly one script, not closed early by the module's text.
    expect(String(bundle["text/html"]).split("</script>")).toHaveLength(2);
    const drawn = widget({ esm, picture: () => new Uint8Array([1, 2, 3]) })[DISPLAY]();
    expect(drawn["image/png"]).toBe("AQID");
  });
});
