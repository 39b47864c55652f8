import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import {
  installKernel,
  kernelsFolder,
  listKernels,
  uninstallKernel,
} from "../../src/kernel/kernelspec";

const before = { ...process.env };
let folder: string;
let packageRoot: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kernelspec-"));
  packageRoot = join(folder, "package");
  mkdirSync(join(packageRoot, "dist"), { recursive: true });
  writeFileSync(join(packageRoot, "dist", "kernel.js"), "");
  process.env["JUPYTER_DATA_DIR"] = join(folder, "home");
  process.env["VIRTUAL_ENV"] = join(folder, "venv");
  delete process.env["LAYERBOOK_PYTHON"];
});
afterEach(() => {
  process.env = { ...before };
  rmSync(folder, { recursive: true });
});

describe("the kernelspec", () => {
  it("names absolute paths, so that no PATH is needed", () => {
    const installed = installKernel({ packageRoot, scope: "sys-prefix" });
    expect(installed).toBe(join(folder, "venv", "share", "jupyter", "kernels", "layerbook"));
    const spec = JSON.parse(readFileSync(join(installed, "kernel.json"), "utf8")) as {
      readonly argv: readonly string[];
    };
    expect(spec).toMatchObject({
      display_name: "TypeScript (layerbook)",
      language: "typescript",
      interrupt_mode: "message",
      env: { TF_CPP_MIN_LOG_LEVEL: "3" },
    });
    expect(spec.argv.slice(0, 2).every(isAbsolute)).toBe(true);
    expect(spec.argv.at(-1)).toBe("{connection_file}");
  });

  it("is listed and removed by its name, and other kernels are left alone", () => {
    installKernel({ packageRoot, scope: "user" });
    installKernel({ packageRoot, scope: "user", name: "tight", strict: true });
    const other = join(kernelsFolder(packageRoot, "user"), "python3");
    mkdirSync(other);
    writeFileSync(join(other, "kernel.json"), '{"argv": ["python"], "display_name": "Python"}');
    expect(listKernels(packageRoot, "user").map(({ name, isWhole }) => [name, isWhole])).toEqual([
      ["layerbook", true],
      ["tight", true],
    ]);
    uninstallKernel(packageRoot, "user", "tight");
    expect(() => uninstallKernel(packageRoot, "user", "python3")).toThrow(
      'kernel uninstall: expected the name of a layerbook kernel, got "python3"',
    );
    expect(listKernels(packageRoot, "user")).toHaveLength(1);
  });

  it("is reported as broken if what it starts is missing", () => {
    installKernel({ packageRoot, scope: "user" });
    rmSync(join(packageRoot, "dist", "kernel.js"));
    expect(listKernels(packageRoot, "user")[0]?.isWhole).toBe(false);
    expect(() => installKernel({ packageRoot, scope: "user" })).toThrow(/npm run build/);
  });

  it("refuses a name that is a path", () => {
    expect(() => installKernel({ packageRoot, scope: "user", name: "../x" })).toThrow(
      /kernel --name: expected letters/,
    );
  });
});
