import { join, resolve } from "node:path";
import type { Command } from "commander";
import { expectNoFile } from "../../files/expectNoFile";
import { addOverwriteOption, integerOption } from "../options";
import type { OverwriteOption } from "../options";
import { addCommonOptions, resultAction } from "../runAction";
import type { CommonOptions } from "../runAction";

interface PhantomCommandOptions extends CommonOptions, OverwriteOption {
  readonly out: string;
  readonly count: number;
  readonly size: number;
  readonly seed: number;
}

/** `layerbook phantom`: writes a scan and its mask, to try the other commands on. */
export function registerPhantomCommand(program: Command): void {
  const command = program
    .command("phantom")
    .description("write a chest CT phantom with lesions and its mask, to try the commands on")
    .requiredOption("--out <folder>", "folder for tr_im.nii.gz and tr_mask.nii.gz")
    .option("--count <n>", "slices", integerOption(1), 10)
    .option("--size <n>", "rows and columns", integerOption(1), 256)
    .option("--seed <n>", "each seed gives a different phantom", integerOption(0), 1);
  addCommonOptions(addOverwriteOption(command)).action(
    resultAction(async ({ out, count, size, seed, ...overwriting }: PhantomCommandOptions) => {
      const { writePhantom } = await import("../library");
      const folder = resolve(out);
      // The names are those of the public slices.
      const names = ["tr_im.nii.gz", "tr_mask.nii.gz"];
      await expectNoFile(
        names.map((name) => join(folder, name)),
        overwriting,
      );
      const paths = await writePhantom(folder, { count, size, seed });
      return { text: `${paths.imagePath}\n${paths.maskPath}`, json: paths };
    }),
  );
}
