import { codePointsToUnits, unitsToCodePoints } from "../../src/kernel/protocol/codePoints";
import { MessageFactory, decodeMessage, encodeMessage } from "../../src/kernel/protocol/wire";
import { LineReader, toLine } from "../../src/kernel/session/channel";
import type { Command } from "../../src/kernel/session/channel";

const message = new MessageFactory().create("execute_request", { code: "'é🫁'" }, null, [
  Buffer.from("one"),
  Buffer.from("two"),
]);

describe("the wire", () => {
  it("decodes what was encoded", () => {
    const decoded = decodeMessage("key", encodeMessage("key", message));
    expect(decoded?.header).toEqual(message.header);
    expect(decoded?.content).toEqual(message.content);
    expect(decoded?.identities.map(String)).toEqual(["one", "two"]);
    expect(decoded?.parentHeader).toBeNull();
  });

  it("drops messages that are not signed with the key or are incomplete", () => {
    const frames = encodeMessage("key", message);
    expect(decodeMessage("other", frames)).toBeNull();
    expect(decodeMessage("", encodeMessage("", message))?.content).toEqual(message.content);
    const forged = [...frames];
    forged[7] = Buffer.from('{"code":"evil()"}');
    expect(decodeMessage("key", forged)).toBeNull();
    expect(decodeMessage("key", frames.slice(0, 5))).toBeNull();
    expect(decodeMessage("key", [Buffer.from("noise")])).toBeNull();
  });

  it("signs as the protocol specifies: HMAC-SHA256 over the four parts", () => {
    const status = {
      identities: [],
      header: {
        msg_id: "1",
        msg_type: "status",
        session: "s",
        username: "u",
        date: "d",
        version: "5.4",
      },
      parentHeader: null,
      metadata: {},
      content: { execution_state: "idle" },
      buffers: [],
    };
    // Python: hmac.new(b"a0436f6c", digestmod="sha256"), updated with each part.
    expect(encodeMessage("a0436f6c", status)[1]?.toString()).toBe(
      "96f5e14a75e4edeaf8045f59aa979b7e7c2ff405751a767c60ad6a8c43734c1f",
    );
    expect(encodeMessage("", status)[1]?.toString()).toBe("");
  });
});

describe("code points", () => {
  it("converts a cursor in both directions around an emoji", () => {
    expect([0, 1, 2, 3].map((at) => codePointsToUnits("a🫁b", at))).toEqual([0, 1, 3, 4]);
    expect([0, 1, 3, 4].map((at) => unitsToCodePoints("a🫁b", at))).toEqual([0, 1, 2, 3]);
  });
});

describe("LineReader", () => {
  it("joins lines that arrive in pieces, even inside a character", () => {
    const commands: Command[] = [{ type: "input", value: "é🫁\n" }, { type: "interrupt" }];
    const bytes = Buffer.from(commands.map(toLine).join(""));
    for (let size = 1; size <= bytes.length; size++) {
      const reader = new LineReader<Command>();
      const read: Command[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        read.push(...reader.push(bytes.subarray(at, at + size)));
      }
      expect(read).toEqual(commands);
    }
  });
});
