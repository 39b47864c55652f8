// @ts-check
import fs from "node:fs";
import path from "node:path";

/**
 * The broken links in a folder of pages: to a missing file, or to an anchor that its page does not have.
 * Web URLs are only checked for their syntax.
 *
 * @param {string} folder
 * @returns {string[]} `page: link`
 */
export function brokenLinks(folder) {
  const pages = fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".html") && !name.startsWith("rendered-notebooks"));
  /** @type {Map<string, Set<string>>} */
  const places = new Map();
  const idsOf = (/** @type {string} */ file) => {
    const known = places.get(file);
    if (known !== undefined) return known;
    const ids = new Set(
      [...fs.readFileSync(file, "utf8").matchAll(/\s(?:id|name)="([^"]*)"/g)].map(([, id]) => id),
    );
    places.set(file, ids);
    return ids;
  };
  return pages.flatMap((page) => {
    const file = path.join(folder, page);
    const text = fs.readFileSync(file, "utf8").replace(/<(pre|code)\b[\s\S]*?<\/\1>/g, "");
    const links = [...text.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, link]) =>
      link.replaceAll("&amp;", "&"),
    );
    return [...new Set(links)]
      .filter((link) => !isValidLink(file, link, idsOf))
      .map((link) => `${page}: ${link}`);
  });
}

/**
 * @param {string} file
 * @param {string} link
 * @param {(file: string) => Set<string>} idsOf
 */
function isValidLink(file, link, idsOf) {
  if (/^(data|mailto|javascript):/.test(link)) return true;
  if (/^https?:/.test(link)) return URL.canParse(link);
  const [address, place = ""] = link.split("#");
  const target =
    address === "" ? file : path.resolve(path.dirname(file), decodeURI(address.split("?")[0]));
  if (!fs.existsSync(target)) return false;
  if (place === "" || !target.endsWith(".html")) return true;
  return idsOf(target).has(decodeURIComponent(place));
}
