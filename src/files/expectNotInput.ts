import { stat } from "node:fs/promises";
import { ConfigError } from "../core/errors";

/**
 * Rejects outputs that would overwrite an input. Files are compared by device and inode, so that
 * links and other spellings of a path, including its case, are recognised.
 *
 * @param outputs paths to be written; those that do not exist yet are fine
 * @param inputs paths that are read
 * @throws ConfigError that names the first such output
 */
export async function expectNotInput(
  outputs: readonly string[],
  inputs: readonly string[],
): Promise<void> {
  const read = new Set(await Promise.all(inputs.map(identity)));
  for (const output of outputs) {
    const own = await identity(output);
    if (own === null || !read.has(own)) continue;
    throw new ConfigError({
      where: output,
      expected: "an output path that is not an input",
      got: "the input file, which would be overwritten",
      remedy: "Choose another output path",
    });
  }
}

/** Device and inode of a file; `null` if it does not exist. */
async function identity(path: string): Promise<string | null> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}
