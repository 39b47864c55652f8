import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { acceptedAdvisories, evaluateAudit } from "../../scripts/supply/audit.mjs";
import { refusedLicenses } from "../../scripts/supply/licenses.mjs";
import { unpinnedVersions } from "../../scripts/supply/pins.mjs";
import { releaseFaults } from "../../scripts/supply/release.mjs";

const root = path.resolve(__dirname, "..", "..");

describe("licences", () => {
  it.each(["MIT", "(MIT OR GPL-3.0)", "Apache-2.0 AND MIT"])("%s is accepted", (license) => {
    expect(refusedLicenses([{ name: "a", license }])).toEqual([]);
  });

  it.each(["GPL-3.0", "MIT AND GPL-3.0", "UNLICENSED", "none stated"])("%s is refused", (license) =>
    expect(refusedLicenses([{ name: "a", license }])).toHaveLength(1),
  );
});

describe("npm audit", () => {
  const found = (name: string, severity: string): string =>
    JSON.stringify({ vulnerabilities: { [name]: { name, severity } } });

  it("refuses what is not accepted", () => {
    expect(evaluateAudit(found("left-pad", "high"))).toMatchObject({
      refused: ["left-pad (high)"],
    });
    expect(evaluateAudit(found("left-pad", "low"))).toMatchObject({ refused: [] });
    const [{ name }] = acceptedAdvisories;
    expect(evaluateAudit(found(name, "critical"))).toMatchObject({ refused: [] });
  });

  it.each(['npm warn audit 405\n{ "message": "405 Method Not Allowed" }', "", "ENOTFOUND"])(
    "is skipped, not failed, if the registry does not support it: %j",
    (output) => expect(evaluateAudit(output)).toMatchObject({ isServed: false }),
  );
});

describe("versions", () => {
  it.each(["^4.22.0", "4.x", "latest"])("%s is not a pin", (version) => {
    const manifest = { devDependencies: { tslab: version }, peerDependencies: {} };
    expect(unpinnedVersions(manifest)).toContain(`tslab ${version}`);
  });
});

describe("a release", () => {
  const manifest = { version: "1.2.3", repository: {}, homepage: "https://example.org", bugs: {} };
  const ready = {
    manifest,
    changelog: "# Changelog\n\n## 1.2.3 - 2027-01-01\n",
    tags: ["v1.2.3"],
    isClean: true,
    env: { ACTIONS_ID_TOKEN_REQUEST_URL: "https://example.org" },
  };

  it("has no faults when everything is ready", () => expect(releaseFaults(ready)).toEqual([]));

  it.each([
    [{ isClean: false }, /has changes/],
    [{ tags: ["v1.2.30"] }, /no tag v1\.2\.3/],
    [{ changelog: "## Unreleased" }, /no section 1\.2\.3/],
    [{ manifest: { ...manifest, repository: undefined } }, /no repository/],
    [{ manifest: { ...manifest, homepage: undefined } }, /no homepage/],
    [{ manifest: { ...manifest, bugs: undefined } }, /no bugs/],
    [{ env: {} }, /no OIDC token/],
  ])("reports a fault for %j", (change, fault) => {
    expect(releaseFaults({ ...ready, ...change })).toEqual([expect.stringMatching(fault)]);
  });

  it("can be tried without publishing", () => {
    const script = path.join(root, "scripts", "publish.mjs");
    const { status, stderr } = spawnSync(process.execPath, [script, "--dry-run"], {
      cwd: root,
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringContaining("Publishing to") as string,
    });
  }, 120_000);
});

describe("the bill of materials", () => {
  it("lists the bundled packages and the peer dependency, with hashes", () => {
    const { bomFormat, components, metadata } = JSON.parse(
      fs.readFileSync(path.join(root, "dist", "sbom.cdx.json"), "utf8"),
    ) as {
      bomFormat: string;
      metadata: { component: { purl: string } };
      components: { name: string; scope: string; hashes?: object[]; licenses: object[] }[];
    };
    expect(bomFormat).toBe("CycloneDX");
    expect(metadata.component.purl).toMatch(/^pkg:npm\/layerbook@/);
    const named = new Map(components.map((each) => [each.name, each]));
    for (const name of ["zod", "fflate", "commander", "@tensorflow/tfjs"]) {
      expect(named.get(name)).toMatchObject({ scope: "required", hashes: [{ alg: "SHA-512" }] });
    }
    expect(named.get("sharp")).toMatchObject({ scope: "optional" });
    const notices = fs.readFileSync(path.join(root, "dist", "NOTICES.txt"), "utf8");
    for (const { name, scope } of components) {
      if (scope === "required" && name !== "@tensorflow/tfjs")
        expect(notices).toContain(`${name} `);
    }
  });
});
