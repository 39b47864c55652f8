// @ts-check

/**
 * Accepted vulnerabilities, with reasons. Remove an entry when its package is updated.
 *
 * @type {readonly {readonly name: string, readonly why: string}[]}
 */
export const acceptedAdvisories = [
  {
    name: "@tensorflow/tfjs-node-gpu",
    why: "its install script, never run here, brings old tar, rimraf and node-pre-gyp along; no newer release",
  },
  ...[
    "@mapbox/node-pre-gyp",
    "adm-zip",
    "google-protobuf",
    "https-proxy-agent",
    "rimraf",
    "tar",
  ].map((name) => ({
    name,
    why: "of tfjs-node-gpu's install script or summary writer; see there",
  })),
  ...["node-fetch", "@tensorflow/tfjs", "@tensorflow/tfjs-core", "@tensorflow/tfjs-data"].map(
    (name) => ({
      name,
      why: "tfjs 4.22 is the last release; layerbook fetches nothing through it",
    }),
  ),
  {
    name: "core-js",
    why: "tfjs 4.22 pins it; polyfills that current Nodes and browsers do not need",
  },
];

/**
 * The findings of `npm audit --json` that are not accepted.
 *
 * @param {string} output
 * @returns {{isServed: false, reason: string} | {isServed: true, refused: string[]}}
 */
export function evaluateAudit(output) {
  const report = parse(output);
  if (report?.vulnerabilities === undefined) {
    return { isServed: false, reason: report?.message ?? output.trim().split("\n")[0] ?? "" };
  }
  const refused = Object.values(report.vulnerabilities)
    .filter(({ severity }) => ["moderate", "high", "critical"].includes(severity))
    .filter(({ name }) => !acceptedAdvisories.some((each) => each.name === name))
    .map(({ name, severity }) => `${name} (${severity})`);
  return { isServed: true, refused };
}

/**
 * @param {string} output with npm's warnings before the JSON
 * @returns {{message?: string, vulnerabilities?: Record<string, {name: string, severity: string}>} | null}
 */
function parse(output) {
  try {
    return JSON.parse(output.slice(Math.max(0, output.indexOf("{"))));
  } catch {
    return null;
  }
}
