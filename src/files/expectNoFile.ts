import { lstat } from "node:fs/promises";
import { ConfigError } from "../core/errors";

/** Whether files may be replaced. */
export interface OverwriteOptions {
  /** Default false: a file that exists is refused. */
  readonly overwrite?: boolean;
}

/**
 * Refuses outputs that exist already, before the work for them starts: what is there may be somebody's
 * only copy.
 *
 * @param outputs paths of files to be written
 * @throws ConfigError that names the first that exists, and how many more do
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
    expected: "no file of that name",
    got: `one, which would be replaced${more === 0 ? "" : `, and ${more} more like it`}`,
    remedy: "Name another place for the output, or replace what is there (overwrite, --overwrite)",
  });
}

/** Whether anything has that name, a link that leads nowhere included. */
async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
