import { fuzzFormat, fuzzFormats } from "./fuzzReaders";

/**
 * Fuzzes one format in a separate process: `child.cjs FORMAT COUNT SEED`; the result as JSON on stdout. Without
 * arguments it lists the formats.
 */
async function main(): Promise<void> {
  const [name, count, seed] = process.argv.slice(2) as (string | undefined)[];
  const formats = fuzzFormats(process.cwd());
  if (name === undefined) {
    process.stdout.write(`${JSON.stringify(Object.keys(formats))}\n`);
    return;
  }
  const result = await fuzzFormat(formats[name], Number(count), Number(seed));
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  process.stdout.write(`${JSON.stringify({ ...result, peakMiB })}\n`);
}

void main();
