/**
 * `npm run soak -- --minutes 30`: does anything grow when all markets flow for a long time?
 *
 * The simulated exchange with 600 made-up markets and a runner with its connector on all of them (trades, depth.50). Once all
 * that is bounded is full, both processes are looked at every 30 s after a forced collection. A line through heap and
 * external memory must not rise by 5 MB an hour, by the upper bound of its slope; handles and listeners must not grow.
 */
import { heldAfterGc, temporaryFolder } from '../bench/processes.ts';
import { writeResults } from '../bench/results-page.ts';
import { commandLine, positiveOption } from './command-line.ts';
import { judgeSoak, perSecond, type Sample } from './soak/verdict.ts';
import { type SoakWorld, sleep, startWorld } from './soak/world.ts';

const name = 'npm run soak';
const help = `Usage: ${name} -- [options]

Runs the simulated exchange, a connector and a runner for a long time and looks whether memory, handles or listeners grow.
Linux only. To fill the buffers takes 47 minutes, which come on top of --minutes.

  --minutes N   how long is looked (30)
  --every S     seconds between two looks (30)
  --symbols N   made-up markets (600; at most 700)
  --rate N      frames a second (15000)
  --write       put the results into docs/performance.md
  --help        this text

Exit codes: 0 nothing grew, 1 something did (or may have: a short run proves nothing), 64 wrong options.
`;
const values = commandLine({
  name,
  help,
  options: {
    minutes: { type: 'string' },
    every: { type: 'string' },
    symbols: { type: 'string' },
    rate: { type: 'string' },
    write: { type: 'boolean' },
  },
});
const options = {
  minutes: positiveOption(name, '--minutes', values.minutes ?? '30'),
  every: positiveOption(name, '--every', values.every ?? '30'),
  symbols: positiveOption(name, '--symbols', values.symbols ?? '600'),
  rate: positiveOption(name, '--rate', values.rate ?? '15000'),
};

const folder = temporaryFolder();
try {
  const world = await startWorld(options, folder.path, tell);
  try {
    const samples = await look(world);
    const { text, wrong } = judgeSoak(samples, options.rate);
    const report = `${text}\n\n${loadLine(world, samples)}\n`;
    process.stdout.write(report);
    for (const sentence of wrong) tell(`WRONG: ${sentence}`);
    if (values.write === true)
      writeResults('soak', report, `${options.minutes} minutes, a look every ${options.every} s`);
    process.exitCode = wrong.length === 0 ? 0 : 1;
  } finally {
    await world.stop();
  }
} finally {
  folder.remove();
}

async function look(world: SoakWorld): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const began = performance.now();
  for (let due = began; due <= began + options.minutes * 60_000; due += options.every * 1_000) {
    await sleep(Math.max(0, due - performance.now()));
    // First the connector: what it holds for a runner that is collecting must not be counted.
    const connector = await heldAfterGc(world.pids.connector, folder.path);
    const runner = await heldAfterGc(world.pids.runner, folder.path);
    const minutes = (performance.now() - began) / 60_000;
    const sample: Sample = { minutes, held: { runner, connector }, ...(await world.taken()) };
    samples.push(sample);
    const told = [runner, connector].map(({ heapUsed, external }) =>
      ((heapUsed + external) / 1e6).toFixed(1),
    );
    tell(`${minutes.toFixed(1)} min: runner ${told[0]} MB, connector ${told[1]} MB, ${sample.lines} lines`);
  }
  return samples;
}

function loadLine(world: SoakWorld, samples: readonly Sample[]): string {
  const told = (value: number): string => Math.round(value).toLocaleString('en');
  return (
    `${world.symbols} symbols, trades and depth.50, ${told(options.rate)} frames/s asked of the exchange, ` +
    `${told(perSecond(samples, ({ frames }) => frames))} sent; the runner took in ${told(perSecond(samples, ({ lines }) => lines))} lines/s. ${samples.length} looks.`
  );
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
