import { resolve } from "node:path";
import type { Command } from "commander";
import { integerOption } from "../options";
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
      const paths = await writePhantom(resolve(out), { count, size, seed });
      return { text: `${paths.imagePath}\n${paths.maskPath}`, json: paths };
    }),
  );
}
