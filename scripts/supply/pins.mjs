// @ts-check

/** Peer dependencies that must have exactly the version that we test with. */
const exactPeers = ["@tensorflow/tfjs", "@tensorflow/tfjs-node-gpu"];

/**
 * The dependencies whose version is a range: a newer version could be installed unnoticed.
 *
 * @param {{devDependencies: Record<string, string>, dependencies?: Record<string, string>, peerDependencies: Record<string, string>}} manifest
 */
export function unpinnedVersions({ devDependencies, dependencies = {}, peerDependencies }) {
  const peers = exactPeers.map((name) => [name, peerDependencies[name] ?? "absent"]);
  return [...Object.entries({ ...devDependencies, ...dependencies }), ...peers]
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([name, version]) => `${name} ${version}`);
}
