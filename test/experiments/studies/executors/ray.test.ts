import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { rayExecutor } from "../../../../src/experiments/studies/executors/ray";
import { tempFolder } from "../../../support/tempFolder";

const out = tempFolder();

interface Known {
  submission_id: string;
  status: string;
  driver_exit_code?: number | null;
}

/** The part of the Jobs API that a study uses; `known` has the jobs. */
let known: Known[] = [];
let server: Server;
let url = "";
beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const path = request.url ?? "";
      const answer = (value: unknown): void => void response.end(JSON.stringify(value));
      if (path.endsWith("/logs")) return answer({ logs: `printed by ${path.split("/")[3]}\n` });
      if (request.method === "GET") return answer(known);
      const { submission_id } = JSON.parse(Buffer.concat(parts).toString()) as Known;
      known.push({ submission_id, status: "PENDING" });
      return answer({ submission_id });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
  known = [];
});

const submit = (ids: readonly string[]) =>
  rayExecutor({ command: ["layerbook"], url }).submit(
    out,
    ids.map((id, index) => ({ id, index })),
  );

describe("rayExecutor", () => {
  it("distinguishes refused jobs from killed ones", async () => {
    const { poll } = await submit(["a", "b", "c", "d"]);
    const [a, b, c, d] = known;
    Object.assign(a, { status: "FAILED", driver_exit_code: 2 });
    Object.assign(b, { status: "FAILED", driver_exit_code: 137 });
    Object.assign(c, { status: "SUCCEEDED", driver_exit_code: 0 });
    Object.assign(d, { status: "RUNNING", driver_exit_code: null });
    expect(Object.fromEntries(await poll())).toEqual({
      ...{ a: "refused", b: "ended", c: "ended", d: "running" },
    });
  });

  it("does not confuse the end of an earlier submission with that of the new one", async () => {
    await submit(["a"]);
    const [{ submission_id: first }] = known;
    Object.assign(known[0], { status: "FAILED", driver_exit_code: 2 });
    const { poll } = await submit(["a"]);
    expect(Object.fromEntries(await poll())).toEqual({ a: "waiting" });
    expect(known.map(({ submission_id }) => submission_id)).toEqual([
      first,
      first.replace(/1$/, "2"),
    ]);
    // Ray forgets old jobs; a name that is in use would be rejected.
    known = [{ ...known[1], status: "FAILED" }];
    await submit(["a"]);
    expect(known[1].submission_id).toBe(first.replace(/1$/, "3"));
  });

  it("finds a job that is still submitted", async () => {
    await submit(["a"]);
    await submit(["a"]);
    expect(known).toHaveLength(1);
  });

  it("fetches the log of a job into its folder", async () => {
    const { logOf } = await submit(["a"]);
    const log = join(out, "jobs", "a", "log.txt");
    expect(await logOf("a")).toBe(log);
    expect(readFileSync(log, "utf8")).toBe(`printed by ${known[0].submission_id}\n`);
  });
});
