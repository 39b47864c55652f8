import { watchOutput } from "../../src/cli/outputErrors";

describe("output that the system rejects", () => {
  const streams = [process.stdout, process.stderr];
  const before = streams.map((stream) => stream.listeners("error"));
  const failing = (code: string): Error => Object.assign(new Error(code), { code });
  let exit: jest.SpyInstance;
  let said: jest.SpyInstance;
  beforeEach(() => {
    exit = jest.spyOn(process, "exit").mockImplementation(() => undefined as never);
    said = jest.spyOn(process.stderr, "write").mockImplementation(() => true);
    watchOutput();
  });
  afterEach(() => {
    jest.restoreAllMocks();
    streams.forEach((stream, index) => {
      stream.removeAllListeners("error");
      for (const listener of before[index]) stream.on("error", listener as () => void);
    });
    process.exitCode = undefined;
  });

  it("ends quietly if the reader closes the pipe", () => {
    process.stdout.emit("error", failing("EPIPE"));
    expect(exit).toHaveBeenCalledTimes(1);
  });

  it("gives one line and exit code 2 if the disk is full", () => {
    exit.mockClear();
    process.stdout.emit("error", failing("ENOSPC"));
    expect(process.exitCode).toBe(2);
    expect(said.mock.calls).toEqual([[expect.stringMatching(/^layerbook: stdout: .*a full disk/)]]);
    expect(exit).not.toHaveBeenCalled();
  });

  it("does not end a training whose log is on a full disk", () => {
    process.stderr.emit("error", failing("ENOSPC"));
    expect([process.exitCode, exit.mock.calls.length]).toEqual([undefined, 0]);
  });
});
