// @ts-check
import fs from "node:fs";
import path from "node:path";

/**
 * dist/NOTICES.txt: the licences of the packages that are bundled in our files.
 *
 * @param {string} root
 * @param {string} out
 * @param {readonly string[]} files of node_modules that were bundled, relative to the root
 */
export function writeNotices(root, out, files) {
  const folders = new Set(
    files.flatMap((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []),
  );
  const notices = [...folders].sort().map((folder) => noticeOf(path.join(root, folder)));
  const text = [...new Set(notices)].join(`\n${"-".repeat(80)}\n\n`);
  fs.writeFileSync(path.join(out, "NOTICES.txt"), text);
}

/** @param {string} folder */
function noticeOf(folder) {
  const { name, version, license } = JSON.parse(
    fs.readFileSync(path.join(folder, "package.json"), "utf8"),
  );
  const file = fs.readdirSync(folder).find((each) => /^(licen[cs]e|copying)(\.|$)/i.test(each));
  const text = file === undefined ? null : fs.readFileSync(path.join(folder, file), "utf8").trim();
  return `${name} ${version} (${license})\n\n${text ?? "Its package contains no licence text."}\n`;
}
