// @ts-check
import fs from "node:fs";
import path from "node:path";

/**
 * dist/sbom.cdx.json: the contents of the package, as CycloneDX 1.5: the packages bundled in our files,
 * and the peer dependency. The same sources give the same bytes.
 *
 * @param {string} root
 * @param {string} out
 * @param {readonly string[]} files of node_modules that were bundled, relative to the root
 */
export function writeSbom(root, out, files) {
  const own = readJson(path.join(root, "package.json"));
  const { packages } = readJson(path.join(root, "package-lock.json"));
  const folders = files.flatMap(
    (file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [],
  );
  const bundled = [...new Set(folders)].sort().map((folder) => ({
    ...componentOf(path.join(root, folder), packages[folder]?.integrity),
    scope: "required",
  }));
  const peers = Object.keys(own.peerDependencies).map((name) => {
    const isOptional = own.peerDependenciesMeta[name]?.optional === true;
    const folder = path.posix.join("node_modules", name);
    const component = componentOf(path.join(root, folder), packages[folder]?.integrity);
    return { ...component, scope: isOptional ? "optional" : "required" };
  });
  const itself = `pkg:npm/${own.name}@${own.version}`;
  const components = [...bundled, ...peers];
  const sbom = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      component: {
        ...{ type: "library", "bom-ref": itself, name: own.name, version: own.version },
        ...{ purl: itself, licenses: licensesOf(own.license) },
      },
    },
    components,
    dependencies: [{ ref: itself, dependsOn: components.map((each) => each["bom-ref"]) }],
  };
  fs.writeFileSync(path.join(out, "sbom.cdx.json"), `${JSON.stringify(sbom, null, 2)}\n`);
}

/**
 * @param {string} folder
 * @param {string | undefined} integrity from package-lock.json
 */
function componentOf(folder, integrity) {
  const { name, version, license } = readJson(path.join(folder, "package.json"));
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const sha512 = /^sha512-(.*)$/.exec(integrity ?? "")?.[1];
  const content = sha512 && Buffer.from(sha512, "base64").toString("hex");
  return {
    ...{ type: "library", "bom-ref": purl, name, version, purl, licenses: licensesOf(license) },
    ...(content ? { hashes: [{ alg: "SHA-512", content }] } : {}),
  };
}

/** @param {string} license an SPDX identifier or expression */
function licensesOf(license) {
  if (/ (AND|OR) /.test(license)) return [{ expression: license.replace(/^\((.*)\)$/, "$1") }];
  // A reference to a file is not an identifier.
  return [{ license: /^SEE /.test(license) ? { name: license } : { id: license } }];
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(fs.readFileSync(file, "utf8"));
}
