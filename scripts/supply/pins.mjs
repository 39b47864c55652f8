// @ts-check

/** Peers that must be the very version that we are tested with. */
const exactPeers = ["@tensorflow/tfjs", "@tensorflow/tfjs-node-gpu"];

/**
 * The dependencies whose version is a range: a newer one would come in unseen.
 *
 * @param {{devDependencies: Record<string, string>, dependencies?: Record<string, string>, peerDependencies: Record<string, string>}} manifest
 */
export function loosePins({ devDependencies, dependencies = {}, peerDependencies }) {
  const peers = exactPeers.map((name) => [name, peerDependencies[name] ?? "absent"]);
  return [...Object.entries({ ...devDependencies, ...dependencies }), ...peers]
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([name, version]) => `${name} ${version}`);
}
