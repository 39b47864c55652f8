import { fuzzFormat, fuzzFormats } from "./fuzzReaders";

/** One format in a process of its own: `child.cjs FORMAT COUNT SEED`; the result as JSON on stdout. */
async function main(): Promise<void> {
  const [name, count, seed] = process.argv.slice(2);
  const result = await fuzzFormat(fuzzFormats(process.cwd())[name], Number(count), Number(seed));
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  process.stdout.write(`${JSON.stringify({ ...result, peakMiB })}\n`);
}

void main();
