/**
 * `npm run bench:width`: what a frame costs when 600 symbols share them, against one symbol, at the same frames a second.
 *
 * Runs of both are interleaved, ratios are taken run by run. Then 15,000 frames/s with the latency, and higher rates until
 * they are not kept. Tables go to stdout, progress to stderr. Options: --help.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { commandLine, positiveOption } from '../bin/command-line.ts';
import { startControl } from './control.ts';
import { startFrameServer } from './frame-server.ts';
import type { Bench, Load } from './measure.ts';
import { totalCpu } from './report.ts';
import { writeResults } from './results-page.ts';
import { widthTables } from './width-report.ts';
import { type RateStep, rateSteps, runWidth, type WidthRun } from './width-run.ts';

const FRAMES_PER_SECOND = 15_000;
const SATURATED_FRAMES_PER_SECOND = 40_000;
const RATES = [10_000, 15_000, 20_000, 30_000, 40_000, 50_000, 60_000, 80_000, 100_000];

const name = 'npm run bench:width';
const help = `Usage: ${name} -- [options]

Compares what a frame costs at 600 symbols with what it costs at one, and finds the rate that is not kept any more.

  --runs N        interleaved runs, of which the median is shown (5)
  --seconds S     length of each phase (6)
  --symbols N     the wide side (600)
  --quick         the same as --runs 1 --seconds 2
  --steps-only    only the rates
  --write         put the results into docs/performance.md
  --profile DIR   only the wide side, once; CPU profiles of all its threads go to DIR
  --help          this text

Exit codes: 0 done, 1 when in the end not all was known that had been sent: then no figure counts, 64 wrong options.
`;
const values = commandLine({
  name,
  help,
  options: {
    runs: { type: 'string' },
    seconds: { type: 'string' },
    symbols: { type: 'string' },
    quick: { type: 'boolean' },
    'steps-only': { type: 'boolean' },
    write: { type: 'boolean' },
    profile: { type: 'string' },
  },
});
const runs = positiveOption(name, '--runs', values.runs ?? (values.quick === true ? '1' : '5'));
const seconds = positiveOption(name, '--seconds', values.seconds ?? (values.quick === true ? '2' : '6'));
const wide = positiveOption(name, '--symbols', values.symbols ?? '600');

const bench: Bench = { server: await startFrameServer(), control: await startControl() };
try {
  process.exitCode = await measure();
} finally {
  bench.server.close();
  bench.control.close();
}

async function measure(): Promise<number> {
  const folder = values.profile === undefined ? undefined : path.resolve(values.profile);
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  const results = values['steps-only'] === true ? [] : await measureAll(folder);
  const steps = folder === undefined ? await rateSteps(bench, wide, RATES, seconds) : [];
  for (const step of steps) tellStep(step);
  const text = widthTables(results, steps);
  process.stdout.write(text);
  const wrong = results.flatMap((result) => result.wrong);
  for (const sentence of wrong) tell(`WRONG: ${sentence}`);
  if (values.write === true)
    writeResults('width', text, `median of ${runs} interleaved runs, phases of ${seconds} s`);
  return wrong.length === 0 ? 0 : 1;
}

async function measureAll(profileFolder: string | undefined): Promise<readonly WidthRun[]> {
  const load: Load = {
    tradesPerFrame: 1,
    saturatedFrames: seconds * SATURATED_FRAMES_PER_SECOND,
    pacedFrames: seconds * FRAMES_PER_SECOND,
    framesPerSecond: FRAMES_PER_SECOND,
  };
  const results: WidthRun[] = [];
  for (let run = 1; run <= (profileFolder === undefined ? runs : 1); run += 1) {
    for (const symbols of profileFolder === undefined ? [1, wide] : [wide]) {
      const result = await runWidth(bench, symbols, load, profileFolder);
      results.push(result);
      const { saturated, paced } = result;
      tell(
        `run ${run}, ${symbols} symbols: ${Math.round(saturated.framesPerSecond)} frames/s, ${totalCpu(saturated).toFixed(1)} us/frame, ` +
          `paced ${totalCpu(paced).toFixed(1)} us/frame, p99 ${paced.latency?.p99.toFixed(2)} ms ${result.wrong.join('; ')}`,
      );
    }
  }
  return results;
}

function tellStep({ asked, phase }: RateStep): void {
  tell(
    `${asked} frames/s: ${Math.round(phase.framesPerSecond)} came, p99 ${phase.latency?.p99.toFixed(1)} ms`,
  );
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
