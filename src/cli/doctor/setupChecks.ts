import { spawnSync } from "node:child_process";
import path from "node:path";
import * as z from "zod";
import type { Check } from "./check";
import { broken, note, ok } from "./check";
import type { Project } from "./project";

const stepStates = z.array(
  z.object({
    title: z.string(),
    state: z.enum(["done", "stale", "open"]),
    detail: z.string(),
  }),
);

/** Asks set-up for the state of each step, without changing anything. */
export function checkSetup({ packageRoot, root, setupCommand }: Project): Check[] {
  const script = path.join(packageRoot, "scripts", "setup.mjs");
  const child = spawnSync(process.execPath, [script, "--check", "--project", root], {
    encoding: "utf8",
  });
  const remedy = `Run \`${setupCommand}\`.`;
  if (child.status !== 0) return [broken("set-up", child.stderr.trim(), remedy)];
  return stepStates.parse(JSON.parse(child.stdout)).map(({ title, state, detail }) => {
    if (state === "done") return ok(title, detail || "done");
    return state === "stale" ? note(title, detail, remedy) : broken(title, detail, remedy);
  });
}
