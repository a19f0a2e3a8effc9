/**
 * What `npm run prove` proves: each part is a program that ends with 0 when its promise held.
 *
 * A new proof is a new entry here. Test files read PROVE=1 and then run at full size.
 */

export type Part = {
  /** For the report and `--only`; kebab-case, unique. */
  readonly name: string;
  /** What it shows, in one sentence. */
  readonly shows: string;
  /** Where its randomness comes from, so that it can be run again. */
  readonly seeds: string;
  /** The program and its arguments, as bin/towline.mjs takes them. */
  readonly command: readonly string[];
  /** `alone`: it is held to a time, so it comes last, when nothing runs beside it. `beside`: needs nothing but processor time, however long it waits for it, and gives way to others. */
  readonly runs?: 'alone' | 'beside';
};

function tests(...files: readonly string[]): readonly string[] {
  return ['bin/test.ts', ...files];
}

export const parts: readonly Part[] = [
  {
    name: 'the-exchange-is-true',
    shows:
      'bybit-api and ccxt hold the same trades and books as the simulated exchange after 60 s at 500 frames/s, and the same books after 5 drops, on linear and on spot.',
    seeds: 'exchange: test',
    command: tests('tests/connector/exchange/peers.test.ts'),
  },
  {
    name: 'a-hundred-kills',
    shows:
      'After 100 kills of the child in a row there is no orphan and no leak, no trade was told twice, and every execution is on the tape once or inside exactly one gap.',
    seeds: 'exchange: hundred-kills; the moments of the kills follow each other in turn',
    command: tests('tests/e2e/hundred-kills.test.ts'),
  },
  {
    name: 'a-stalled-runner',
    shows:
      'A runner that is stopped for 30 s while the exchange sends 5,000 frames/s (trades and depth) finds the same child again, below 200 MB, line numbers without a jump, and every trade: the depth that waited is given up first and fetched anew.',
    seeds: 'exchange: stalled-runner, held against its own log of executions',
    command: tests('tests/e2e/stalled-runner.test.ts'),
  },
  {
    name: 'an-overload',
    shows:
      'When more trades wait than the 32 MiB queue of the connector holds, each symbol has one gap of cause overload, and every execution is on the tape once or inside that gap, whose ends and number are exact.',
    seeds: 'exchange: overload, held against its own log of executions',
    command: tests('tests/e2e/overload.test.ts'),
  },
  {
    name: 'a-kill',
    shows:
      'After kill -9 of the child trades arrive again within 2 s, and every execution is on the tape once or inside the one gap of cause child_died; after socket drops the same holds with cause socket_lost.',
    seeds: 'exchange: tells-what-it-misses',
    command: tests('tests/e2e/tells-what-it-misses.test.ts'),
  },
  {
    name: 'ten-thousand-seeds',
    shows:
      'Connector and runner cores go through 10,000 simulated runs of at least 10 virtual minutes and 5 faults each, and every invariant of docs/architecture.md holds.',
    seeds: 'simulation: 1 to 10000',
    command: ['bin/simulate.ts', '--runs', '10000'],
    runs: 'beside',
  },
  {
    name: 'across-a-minute',
    shows:
      "A candle whose close nobody told is read again, once; for a gap of today that does not heal candles stand in, wherever in the life of the runner it lies: the gate is shut until then, and volume, high and low are the exchange's.",
    seeds: 'exchange: healing-candles, gap-of-today',
    command: tests('tests/e2e/healing-candles.test.ts', 'tests/e2e/gap-of-today.test.ts'),
  },
  {
    name: 'the-demo',
    shows:
      'npm run demo has its first trade in the API within 3 s of its start, and neither SIGTERM nor SIGKILL of it leaves a process behind.',
    seeds: 'exchange: random, as in every demo',
    command: tests('tests/e2e/demo.test.ts'),
    runs: 'alone',
  },
  {
    name: 'recorded-frames',
    shows:
      'The recorded mainnet frames give 327 trades and 4 whole books without a gap or a crossed level, the same at real pace and at full speed.',
    seeds: 'none: recorded frames',
    command: tests('tests/e2e/replay.test.ts'),
  },
  {
    name: 'fuzzing',
    shows:
      'Over a million lives of a book (frames lost, doubled, late, swapped, crossed, unreadable, restarts of the exchange) no wrong book is served as valid, through our connector and from one that checks nothing; every reader of frames, answers, lines and commands makes valid events or a reason of whatever mutation of them; lines cut anywhere are what ndjson reads.',
    seeds: 'told by each test; FUZZ_SEED repeats one',
    command: tests('tests/fuzz', 'tests/shared/line-decoder.test.ts'),
    runs: 'beside',
  },
  {
    name: 'a-hundred-kills-of-history',
    shows:
      'Killed 100 times at random moments of a fetch (download, conversion, merge), of a conversion alone, and of a runner that records, every stored day is whole or not there, no row is twice, what is claimed to be recorded is, and the same call always goes on to the end.',
    seeds: 'exchange: kill, recording; the moments of the kills follow each other in turn',
    command: tests(
      'tests/e2e/history-kill.test.ts',
      'tests/e2e/recording.test.ts',
      'tests/connector/history/io/kill.test.ts',
      'tests/connector/history/polite/killed-fetch.test.ts',
    ),
  },
  {
    name: 'sums-of-history',
    shows:
      'Sums of stored trades, merges of what was recorded, comparisons with the archive, and what a recorder claims, over hundreds of generated days each: exact to the last digit.',
    seeds: 'properties: drawn anew by fast-check',
    command: tests(
      'tests/connector/history/io/sum-day.test.ts',
      'tests/connector/history/io/append-lines.test.ts',
      'tests/connector/history/io/verify.test.ts',
      'tests/runner/history/recorder-truth.test.ts',
      'tests/runner/history/io/journal-power.test.ts',
    ),
    runs: 'beside',
  },
  {
    name: 'every-fault',
    shows:
      'Every fault of the simulated exchange, the child killed in its middle or not, across the closing of a candle: on linear, spot and inverse trades, books, candles, tickers and liquidations are what the exchange did, and the ledger tells what was missed and nothing else. What is known not to hold is said with each cell.',
    seeds: 'exchange: matrix-1 to matrix-6, one world each, cells in turn',
    command: tests('tests/chaos/matrix.test.ts', 'tests/chaos/judge.test.ts'),
  },
  {
    name: 'a-thousand-breaks',
    shows:
      'After 1,000 random breaks of up to 20 s (scaled by 0.3: sockets cut, half open or frozen, the child killed, some before the one before was healed) on linear and spot under load, no trade is lost within the reach of REST, otherwise exactly that span is in the ledger, and none is told twice.',
    seeds: 'exchange: breaks-1 to breaks-6; each break is a function of that and its number',
    command: tests('tests/chaos/breaks.test.ts'),
  },
  {
    name: 'the-tests-can-fail',
    shows: 'Every mutant of the list, a line of sabotage that breaks one promise, is caught by a test.',
    seeds: 'properties: drawn anew by fast-check',
    command: ['bin/mutants.ts'],
  },
];
