// @ts-check
import fs from "node:fs";
import path from "node:path";

/**
 * Writes llms.txt, a short index for language models, and llms-full.txt, all guides in one file.
 *
 * @param {string} root
 * @param {string} out
 */
export function writeLlms(root, out) {
  fs.copyFileSync(path.join(root, "llms.txt"), path.join(out, "llms.txt"));
  const docs = path.join(root, "docs");
  const pages = fs.readdirSync(docs).filter((name) => name.endsWith(".md"));
  const texts = pages.map((name) => fs.readFileSync(path.join(docs, name), "utf8").trim());
  fs.writeFileSync(path.join(out, "llms-full.txt"), `${texts.join("\n\n")}\n`);
}
