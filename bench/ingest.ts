/**
 * `npm run bench`: what it costs to take in market data, side by side with the clients that people use.
 *
 * One server process (this one) sends the same frames to, in turn,
 *   (a) `ws` with JSON.parse only, (b) `bybit-api`, (c) `ccxt` pro with watchTrades and watchOrderBook,
 *   (d) towline whole: connector, pipe, runner, strategy in its thread; every event validated, book kept.
 * Scenario 1 has one trade a frame, scenario 2 ten; the other half of the frames are orderbook.50 deltas of 12 levels.
 * Twice as fast as the client takes them (cold, and as it runs from then on), then paced at 5,000 frames/s with the latency from the scheduled time of sending.
 * The tables go to stdout, progress to stderr. Options: --help.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { startControl } from './control.ts';
import { startFrameServer } from './frame-server.ts';
import { type LiveCost, liveSymbolCost } from './live-symbol.ts';
import { type Bench, type Load, type RunResult, runOnce } from './measure.ts';
import { type BenchOptions, helpText, parseOptions } from './options.ts';
import { liveLine, scenarioTables, totalCpu } from './report.ts';
import { writeResults } from './results-page.ts';

const FRAMES_PER_SECOND = 5_000;
const SATURATED_FRAMES_PER_SECOND = 40_000;
const SCENARIOS = [1, 10] as const;

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(helpText);
    return 0;
  }
  if (options.profileFolder !== undefined) mkdirSync(options.profileFolder, { recursive: true });
  const bench = { server: await startFrameServer(), control: await startControl() };
  try {
    const results = await measureAll(bench, options);
    const live = isProfiling(options) ? undefined : await liveSymbolCost(options.seconds * 3);
    const text = reportText(results, live);
    process.stdout.write(text);
    if (options.write)
      writeResults('ingest', text, `median of ${options.runs} runs, phases of ${options.seconds} s`);
    const wrong = results.flatMap((result) => result.wrong);
    for (const sentence of wrong) tell(`WRONG: ${sentence}`);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    bench.server.close();
    bench.control.close();
  }
}

async function measureAll(bench: Bench, options: BenchOptions): Promise<readonly RunResult[]> {
  const results: RunResult[] = [];
  for (let run = 1; run <= (isProfiling(options) ? 1 : options.runs); run += 1) {
    for (const tradesPerFrame of SCENARIOS) {
      for (const subject of options.subjects) {
        const load: Load = {
          tradesPerFrame,
          saturatedFrames: options.seconds * SATURATED_FRAMES_PER_SECOND,
          pacedFrames: options.seconds * FRAMES_PER_SECOND,
          framesPerSecond: FRAMES_PER_SECOND,
        };
        const folder =
          options.profileFolder === undefined
            ? undefined
            : path.resolve(options.profileFolder, `trades-${tradesPerFrame}`);
        const result = await runOnce(bench, subject, load, folder);
        results.push(result);
        tell(
          `run ${run}, ${tradesPerFrame} trades a frame, ${subject}: ${Math.round(result.saturated.framesPerSecond)} frames/s, ` +
            `${totalCpu(result.saturated).toFixed(1)} us/frame (cold ${totalCpu(result.cold).toFixed(1)}), p99 ${result.paced.latency?.p99.toFixed(2)} ms ${result.wrong.join('; ')}`,
        );
      }
    }
  }
  return results;
}

function reportText(results: readonly RunResult[], live: LiveCost | undefined): string {
  const parts = SCENARIOS.map((tradesPerFrame) => {
    const own = results.filter((result) => result.tradesPerFrame === tradesPerFrame);
    const last = own.findLast(({ subject }) => subject === 'towline');
    const title = `### ${tradesPerFrame === 1 ? 'One trade' : 'Ten trades'} a frame`;
    const proof = last === undefined ? [] : [`(d) knows: ${last.knows}; the server's own: ${last.sent}.`];
    return [title, scenarioTables(own), ...proof].join('\n\n');
  });
  return `${[...parts, ...(live === undefined ? [] : [liveLine(live)])].join('\n\n')}\n`;
}

function isProfiling({ profileFolder }: BenchOptions): boolean {
  return profileFolder !== undefined;
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

process.exitCode = await main();
