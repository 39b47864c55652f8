import { lstat } from "node:fs/promises";
import { ConfigError } from "../core/errors";

/** Whether files may be replaced. */
export interface OverwriteOptions {
  /** Default false: an existing file is an error. */
  readonly overwrite?: boolean;
}

/**
 * Rejects outputs that already exist before any work is done for them, since the existing file may be the
 * only copy.
 *
 * @param outputs paths of the files to be written
 * @throws ConfigError that names the first existing file, and how many more there are
 */
export async function expectNoFile(
  outputs: readonly string[],
  { overwrite = false }: OverwriteOptions = {},
): Promise<void> {
  if (overwrite) return;
  const found: string[] = [];
  for (const output of outputs) if (await exists(output)) found.push(output);
  if (found.length === 0) return;
  const more = found.length - 1;
  throw new ConfigError({
    where: found[0],
    expected: "no file with this name",
    got: `an existing file, which would be replaced${more === 0 ? "" : `, and ${more} more`}`,
    remedy: "Choose another output path, or overwrite what is there (overwrite, --overwrite)",
  });
}

/** Whether the path exists, even as a dangling link. */
async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
