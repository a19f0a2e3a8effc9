/**
 * The connector: a complete program of its own that speaks the exchange's API and prints one JSON event a line.
 *
 *   npm run --silent connector -- stream --symbol BTCUSDT
 *
 * A process that exits by itself has written everything it had to say; only a reader that does not read is left behind.
 */
import { parseArgs } from 'node:util';
import { Command, CommanderError } from 'commander';
import { exitCodes } from '../shared/errors.ts';
import { endOnBug } from '../shared/io/bugs.ts';
import { type LogLevel, logLevels, openLog } from '../shared/io/log.ts';
import { type OwnSettings, readOwnSettings } from '../shared/io/own-settings.ts';
import { secretTexts } from '../shared/settings/secret-texts.ts';
import { channelWords } from '../shared/settings/topics.ts';
import {
  ConfigError,
  networkDefault,
  settingsOption,
  strayWords,
  UsageError,
  verbCommand,
} from './command-line.ts';
import { type ReplayFlags, readReplayOptions, takeFileWord } from './replay-options.ts';
import { readStreamOptions, type StreamFlags } from './stream-options.ts';

/** Of these a connector that runs alone may be given any; the runner gives its child the proxy only. */
const secretNames = ['BYBIT_API_KEY', 'BYBIT_API_SECRET', 'HTTPS_PROXY'];
const own = ownSettings(process.argv.slice(2));
const { env } = own;
const log = openLog({ level: logLevel(), program: 'connector', secrets: secretTexts(secretNames, env) });
endOnBug(log);

function streamCommand(): Command {
  const command = verbCommand(
    'stream',
    'Streams trades and order books as JSON lines on stdout until stopped; takes commands on stdin.',
  )
    .option(
      '--symbols <list>',
      'symbols and filters, comma-separated: BTCUSDT,spot:ETHUSDT or *, linear:USDT, top20, -linear:XYZUSDT',
    )
    .option('--symbol <list>', 'the same as --symbols')
    .option(
      '--category <name>',
      'linear, spot or inverse: for symbols and filters that name none (default: CATEGORY or linear)',
    )
    .option('--subscriptions <list>', `${channelWords} (default: SUBSCRIPTIONS or trades,depth.50)`)
    .option('--environment <name>', `mainnet, testnet, demo or simulated ${networkDefault}`)
    .option('--url <url>', 'another public socket, instead of BYBIT_WEBSOCKET_PUBLIC_URL')
    .option(
      '--state-dir <folder>',
      'remember here, across restarts, how many connections were opened (default: in memory) and until when this address is shut out (default: DATA_DIR or ./data, as the runner and history)',
    )
    .option(
      '--dump-dir <folder>',
      'where the flight recorder is written (default: dumps in the folder of the state, else in DATA_DIR or ./data)',
    )
    .option('--record <file>', 'write every frame to this file, in the format that replay reads')
    .option('--stop-on-eof', 'stop when stdin ends')
    .option(...settingsOption);
  return command.action(async (_words: unknown, flags: StreamFlags) => {
    const { runStream } = await import('./io/run-stream.ts');
    const network = own.network === undefined ? {} : { environment: own.network };
    const options = readStreamOptions({ ...network, ...flags }, env, strayWords(command), own.problems);
    for (const warning of [...own.warnings, ...options.warnings])
      process.stderr.write(`warning: ${warning}\n`);
    await runStream(options, env, log);
  });
}

function replayCommand(): Command {
  const command = verbCommand('replay', 'Re-emits a recording through the same parsing code, at a pace.')
    .usage('[options] [file]')
    .option(
      '--file <file>',
      'the recording (made by: connector stream --record FILE) or dump, also one that ends in .gz or .zst',
    )
    .option(
      '--speed <n>',
      '1 is real pace, 10 ten times as fast, max as fast as the reader takes it (default: 1)',
    )
    .option('--category <name>', 'the market of the recording (default: CATEGORY or linear)')
    .option('--environment <name>', 'where it was recorded (default: mainnet)')
    .option('--stop-on-eof', 'stop when stdin ends')
    .option(...settingsOption);
  return command.action(async (_words: unknown, flags: ReplayFlags) => {
    const { runReplay } = await import('./io/run-replay.ts');
    const said = takeFileWord(flags, command.args, strayWords(command));
    const options = readReplayOptions(said.flags, env, said.stray, own.problems);
    for (const warning of own.warnings) process.stderr.write(`warning: ${warning}\n`);
    process.exitCode = await runReplay(options, log);
  });
}

/** The environment, and for the verbs that read settings what .env, or the file of --settings, says beside it. */
function ownSettings(argv: readonly string[]): OwnSettings {
  if (argv[0] === undefined || argv[0] === 'exchange')
    return { env: process.env, problems: [], warnings: [] };
  const { values } = parseArgs({
    args: [...argv],
    options: { settings: { type: 'string' } },
    ...{ strict: false, allowPositionals: true },
  });
  return readOwnSettings(process.env, typeof values.settings === 'string' ? values.settings : undefined);
}

/** LOG_LEVEL in any case, also in the words of other logging systems. */
function logLevel(): LogLevel {
  const aliases: Readonly<Record<string, LogLevel>> = { warning: 'warn', critical: 'fatal' };
  const wanted = (env['LOG_LEVEL'] ?? '').toLowerCase();
  return aliases[wanted] ?? logLevels.find((level) => level === wanted) ?? 'info';
}

/** Verbs are loaded when they are needed: a restarted child should be back soon. */
const verbs: Readonly<Record<string, () => Command | Promise<Command>>> = {
  stream: streamCommand,
  replay: replayCommand,
  history: async () => {
    const { historyCommand } = await import('./history/command.ts');
    const { runHistory } = await import('./history/run/io/run-history.ts');
    return historyCommand(async (options) => {
      process.exitCode = await runHistory(options, env, log);
    }, own);
  },
  exchange: async () => {
    const { exchangeCommand } = await import('./exchange/command.ts');
    const { serveExchange } = await import('./exchange/io/serve.ts');
    return exchangeCommand(serveExchange);
  },
};

async function main(): Promise<void> {
  const program = new Command('connector')
    .description('The connector of towline: the exchange on one side, JSON lines on the other.')
    .showHelpAfterError('Try: npm run connector -- --help')
    .exitOverride();
  const wanted = process.argv[2] ?? '';
  for (const [name, load] of Object.entries(verbs)) {
    if (!Object.hasOwn(verbs, wanted) || name === wanted) program.addCommand((await load()).exitOverride());
  }
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    process.exitCode = explain(error);
  }
}

/** Says what went wrong and answers the exit code. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n`);
    return exitCodes.usage;
  }
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    return exitCodes.config;
  }
  log.fatal({ event: 'bug', err: error }, 'unexpected failure');
  return exitCodes.bug;
}

await main();
