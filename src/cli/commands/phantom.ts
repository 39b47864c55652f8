import { join, resolve } from "node:path";
import type { Command } from "commander";
import { ConfigError } from "../../core/errors";
import { integerOption } from "../options";
import { pathKind } from "../../files/readFiles";
import { addCommonOptions, resultAction } from "../runAction";
import type { CommonOptions } from "../runAction";

interface PhantomCommandOptions extends CommonOptions {
  readonly out: string;
  readonly count: number;
  readonly size: number;
  readonly seed: number;
}

/** `layerbook phantom`: a scan and its mask, to try the other commands on. */
export function registerPhantomCommand(program: Command): void {
  const command = program
    .command("phantom")
    .description("write a chest CT phantom with lesions and its mask, to try the commands on")
    .requiredOption("--out <folder>", "where tr_im.nii.gz and tr_mask.nii.gz go")
    .option("--count <n>", "slices", integerOption(1), 10)
    .option("--size <n>", "rows and columns", integerOption(1), 256)
    .option("--seed <n>", "another seed, another phantom", integerOption(0), 1);
  addCommonOptions(command).action(
    resultAction(async ({ out, count, size, seed }: PhantomCommandOptions) => {
      const { writePhantom } = await import("../library");
      await expectNoScans(resolve(out));
      const paths = await writePhantom(resolve(out), { count, size, seed });
      return { text: `${paths.imagePath}\n${paths.maskPath}`, json: paths };
    }),
  );
}

/** The names are those of the public slices, which must not be overwritten by a phantom. */
async function expectNoScans(folder: string): Promise<void> {
  for (const name of ["tr_im.nii.gz", "tr_mask.nii.gz"]) {
    const path = join(folder, name);
    if ((await pathKind(path)) === "missing") continue;
    throw new ConfigError({
      where: path,
      expected: "a folder without a scan of that name",
      got: "one, which the phantom would replace",
      remedy: "Name another folder (--out), or remove the file",
    });
  }
}
