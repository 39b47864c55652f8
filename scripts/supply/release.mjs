// @ts-check

/**
 * What is missing for a release; each item is a message for the person who publishes.
 *
 * @param {object} state
 * @param {{version: string, repository?: unknown, homepage?: unknown, bugs?: unknown}} state.manifest
 *   package.json
 * @param {string} state.changelog
 * @param {readonly string[]} state.tags of the commit
 * @param {boolean} state.isClean whether the working tree has no changes
 * @param {NodeJS.ProcessEnv} state.env
 * @returns {string[]}
 */
export function releaseFaults({ manifest, changelog, tags, isClean, env }) {
  const { version, repository, homepage, bugs } = manifest;
  const escaped = version.replaceAll(".", "\\.");
  const canSign = Boolean(env.ACTIONS_ID_TOKEN_REQUEST_URL ?? env.SIGSTORE_ID_TOKEN);
  /** @type {[boolean, string][]} */
  const demands = [
    [isClean, "the working tree has changes: commit them"],
    [tags.includes(`v${version}`), `this commit has no tag v${version}`],
    [
      new RegExp(`^## \\[?${escaped}`, "m").test(changelog),
      `CHANGELOG.md has no section ${version}`,
    ],
    [repository !== undefined, "package.json names no repository, which provenance points at"],
    [
      homepage !== undefined && bugs !== undefined,
      "package.json names no homepage or no bugs: a user of the package could not find either",
    ],
    [canSign, "no OIDC token to sign with: publish from the pipeline (permission id-token: write)"],
  ];
  return demands.filter(([isMet]) => !isMet).map(([, fault]) => fault);
}
