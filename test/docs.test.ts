import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import vm from "node:vm";
import * as tf from "@tensorflow/tfjs";
import type { Command } from "commander";
import ts from "typescript";
import packageJson from "../package.json";
import { createProgram } from "../src/cli/program";
import { loadEngine } from "../src/engine/load";
import * as names from "../src/notebook";
import { prepareExample, typeErrors } from "./support/examples";
import type { Example } from "./support/examples";
import { findBlocks, shellCommands } from "./support/markdown";

const root = join(__dirname, "..");
const pages = [
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  ...["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "llms.txt"],
  "examples/segment-page/README.md",
];
const textOf = (page: string): string => readFileSync(join(root, page), "utf8");
const blocks = pages.flatMap((page) => findBlocks(page, textOf(page)));
const own = (page: string) => ({ file: page, line: 1, subject: page });

/** The blocks of a page form one program, in order; README has its own test. */
const programs = pages
  .filter((page) => page !== "README.md")
  .flatMap((page): Example[] => {
    const parts = blocks.filter(
      ({ file, language, noRun }) => file === page && language === "ts" && noRun === null,
    );
    const code = parts.map((part) => part.code).join("\n");
    return parts.length === 0 ? [] : [{ ...own(page), code, noRun: null }];
  });
const unrun = blocks
  .filter(({ language, noRun }) => language === "ts" && noRun !== null)
  .map((block): Example => ({ ...block, subject: block.file }));

/** Imports of Node's own modules are left as they are; ours are resolved. */
async function importsOf(code: string): Promise<Record<string, unknown>> {
  const scope: Record<string, unknown> = { ...names, tf, lb: names };
  const found = code.matchAll(/^import \{([^}]*)\} from "(node:[\w/]+)";$/gm);
  for (const [, list, module] of found) {
    const exports = (await import(module)) as Record<string, unknown>;
    for (const name of list.split(",").map((part) => part.trim())) scope[name] = exports[name];
  }
  return scope;
}

describe("code in the documentation", () => {
  beforeAll(() => void loadEngine());

  it.each(programs.map((program) => [program.file, program] as const))(
    "%s runs, and its stated values are correct",
    async (_, program) => {
      const { script, claims } = prepareExample(program);
      const scope = await importsOf(program.code);
      const { outputText } = ts.transpileModule(`(async () => {\n${script}\n})()`, {
        compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
      });
      const stated: unknown[] = claims.map(
        ({ value }) => vm.runInThisContext(`(${value})`) as unknown,
      );
      const got: unknown[] = [];
      const variables = Object.keys(scope).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
      const run = vm.compileFunction(`return ${outputText}`, [...variables, "claim"]) as (
        ...args: unknown[]
      ) => Promise<void>;
      await run(
        ...variables.map((name) => scope[name]),
        (index: number, value: unknown) => (got[index] = value),
      );
      const shown = (values: unknown[]) =>
        values.map((value, index) => ({ [claims[index].expression]: value }));
      expect(JSON.parse(JSON.stringify(shown(got)))).toEqual(
        JSON.parse(JSON.stringify(shown(stated))),
      );
    },
    120_000,
  );

  it("passes the type checker as written, including code that is not run", () => {
    const written = [...programs, ...unrun].map((example) => ({
      ...example,
      code: example.code.replaceAll("lb.", ""),
    }));
    expect(typeErrors(root, written)).toEqual([]);
  }, 120_000);

  it("gives a reason if it is not run", () => {
    expect(unrun.filter(({ noRun }) => (noRun ?? "").length < 10)).toEqual([]);
  });

  it("is valid JSON in json blocks", () => {
    for (const { language, code } of blocks) {
      if (language === "json") expect(() => JSON.parse(code) as unknown).not.toThrow();
    }
  });
});

/** Errors in a layerbook command line: an unknown command or option. */
function faultsOf(line: string): string[] {
  const words = line.match(/"[^"]*"|\S+/g) ?? [];
  const start = words.findIndex(
    (word, index) => word === "npx" && words[index + 1] === "layerbook",
  );
  if (start < 0) {
    const script = /^(?:\w+=\S+ )*npm (?:run (?:-s )?)?([\w-]+)/.exec(line)?.[1];
    const builtIn = ["install", "pack", "ci", "view"];
    const isKnown =
      script === undefined || script in packageJson.scripts || builtIn.includes(script);
    const isExample = ["dev", "build", "preview"].includes(script ?? "");
    return isKnown || isExample ? [] : [`npm has no script ${script}`];
  }
  let command: Command = createProgram();
  const faults: string[] = [];
  for (const word of words.slice(start + 2)) {
    if (word.startsWith("--")) {
      const name = word.split("=")[0];
      const options = command.options.flatMap(({ long }) => [long]);
      if (name !== "--help" && !options.includes(name)) faults.push(`no option ${name}`);
      continue;
    }
    const next = command.commands.find((one) => one.name() === word);
    if (next !== undefined) command = next;
    else if (command.parent === null) return [`no command ${word}`];
  }
  return faults;
}

describe("commands in the documentation", () => {
  const commands = blocks
    .filter(({ language }) => language === "sh")
    .flatMap(({ file, line, code }) =>
      shellCommands(code).map((command) => ({ place: `${file}:${line}`, command })),
    );

  it("are found", () => expect(commands.length).toBeGreaterThan(20));

  it.each(commands)("$place: $command", ({ command }) => expect(faultsOf(command)).toEqual([]));

  it("are refused if they are unknown", () => {
    expect(faultsOf("npx layerbook trian --data x")).toEqual(["no command trian"]);
    expect(faultsOf("npx layerbook train --dta x")).toEqual(["no option --dta"]);
    expect(faultsOf("npm run nothing")).toEqual(["npm has no script nothing"]);
  });
});

describe("links in the documentation", () => {
  it.each(pages)("of %s have existing targets", (page) => {
    const text = textOf(page)
      .replace(/^(`{3,})[\s\S]*?^\1$/gm, "")
      .replace(/`[^`\n]*`/g, "");
    const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link]) => {
      if (/^https?:/.test(link)) return URL.canParse(link) ? [] : [link];
      // Generated by `npm run docs` from bench/results.
      if (link === "figures.md") return [];
      const [target, place] = link.split("#");
      const file = target === "" ? page : join(dirname(page), target);
      if (!existsSync(join(root, file))) return [link];
      if (place === undefined || statSync(join(root, file)).isDirectory()) return [];
      const headings = [...textOf(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
        heading
          .toLowerCase()
          .replace(/[^\w\- ]/g, "")
          .replaceAll(" ", "-"),
      );
      return headings.includes(place) ? [] : [link];
    });
    expect(broken).toEqual([]);
  });
});

describe("the site", () => {
  // The API takes most of the time, so its pages are built only in CI.
  const parts = process.env["CI"] === undefined ? ["--no-api"] : [];

  it("is built, and all its links have existing targets", () => {
    const out = mkdtempSync(join(tmpdir(), "layerbook-docs-"));
    try {
      const script = join(root, "scripts", "docs.mjs");
      execFileSync(process.execPath, [script, "--out", out, ...parts], { encoding: "utf8" });
      const index = readFileSync(join(out, "index.html"), "utf8");
      expect(index).toContain("For research and teaching only.");
      // When opened from disk, a page can load scripts only as plain files next to it.
      expect(index).not.toMatch(/<script[^>]*type="module"|src="(https?:)?\/\//);
      expect(readdirSync(out)).toEqual(expect.arrayContaining(["llms.txt", "llms-full.txt"]));
      expect(readdirSync(join(out, "documents")).length).toBeGreaterThan(20);
    } finally {
      rmSync(out, { recursive: true });
    }
  }, 300_000);
});
