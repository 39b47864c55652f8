import type { Check } from "./check";
import { checkEngine, probeEngine } from "./engineChecks";
import { checkKernel } from "./kernelCheck";
import type { Project } from "./project";
import { checkSetup } from "./setupChecks";
import { checkVersions } from "./versionChecks";

/** All checks of `layerbook doctor`. */
export function examine(project: Project, env: NodeJS.ProcessEnv): Check[] {
  return [
    ...checkEngine(probeEngine(), project, env),
    checkKernel(project),
    ...checkSetup(project),
    ...checkVersions(project),
  ];
}

/** Formats the checks for a terminal, each with its remedy below. */
export function formatChecks(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map(({ name, state, value, remedy }) => {
    const mark = { ok: "ok    ", note: "note  ", broken: "BROKEN" }[state];
    const line = `${mark}  ${name.padEnd(width)}  ${value}`;
    return remedy === undefined ? line : `${line}\n        ${" ".repeat(width)}  -> ${remedy}`;
  });
  const count = checks.filter(({ state }) => state === "broken").length;
  const verdict = count === 0 ? "All is well." : `${count} of ${checks.length} are broken.`;
  return [...lines, "", verdict].join("\n");
}
