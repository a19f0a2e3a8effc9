/** `connector history` on the command line. */
import type { Command } from 'commander';
import type { OwnSettings } from '../../shared/io/own-settings.ts';
import { networkDefault, settingsOption, strayWords, verbCommand } from '../command-line.ts';
import { type HistoryFlags, type HistoryOptions, readHistoryOptions } from './run/options.ts';

/** What the verb does beside fetching: `history verify`, `history rows`. */
const verbs = ['verify', 'rows'] as const;

export function historyCommand(run: (options: HistoryOptions) => Promise<void>, own: OwnSettings): Command {
  const collect = (value: string, before: string | undefined): string =>
    before === undefined ? value : `${before},${value}`;
  const command = verbCommand(
    'history',
    'Fetches past trades into Parquet files, one a UTC day: from what was recorded here, and from the exchange.',
  )
    .usage('[verify | rows] [options]')
    .option('--symbol <list>', 'BTCUSDT or spot:ETHUSDT; several with commas, or the option again', collect)
    .option('--symbols <list>', 'the same as --symbol', collect)
    .option(
      '--category <name>',
      'linear, spot or inverse: of symbols that name none (default: CATEGORY or linear)',
    )
    .option('--environment <name>', `mainnet, testnet, demo or simulated ${networkDefault}`)
    .option('--from <time>', 'the first UTC day, or a moment such as 2026-08-01T14:00:00Z')
    .option('--to <time>', 'the last UTC day, which is included, or a moment')
    .option('--date <list>', 'verify: the days, for example 2026-08-01')
    .option('--out <folder>', 'where the files are put (default: BACKFILL_CACHE_DIR or ./data/history)')
    .option('--format <name>', 'parquet, or legacy: also in the columns T, i, p, q, s, m (default: parquet)')
    .option('--klines <interval>', '1m: candles of one minute where there are no trades')
    .option('--jobs <n>', 'days at a time, 1 to 16 (default: 3)')
    .option('--limit <n>', 'rows: at least so many trades, the newest first (default: 1000)')
    .option('--dry-run', 'show where each range would come from, and fetch nothing')
    .option('--check', 'ask one public and one signed question, and say what the key may do')
    .option('--clear', 'remove what is cached of the named symbols, or of all; asks before')
    .option('--yes', 'with --clear: do not ask')
    .option('--day-totals', 'answer one request on stdin: the sums of days, or rows (docs/history.md)')
    .option('--stop-on-eof', 'with --day-totals: stop when stdin ends')
    .option(...settingsOption);
  return command.action(async (_words: unknown, flags: HistoryFlags) => {
    const words = verbs.filter((verb) => command.args.includes(verb));
    const stray = strayWords(command).filter(
      (sentence) => !words.some((verb) => sentence === `unexpected word "${verb}"`),
    );
    await run(readHistoryOptions(flags, own, words, stray));
  });
}
