/**
 * For programs: past trades as one stream in the order of time, over days and sources, and the fetching of what is not there yet.
 *
 *   const history = openHistory({ environment: 'mainnet', root: './data/history' });   // ./io/open-history.ts
 *   await backfillWithCache({ instrument, from, to }, history.ports);
 *   for await (const trade of iterateTrades({ ...history, instrument, from, to })) ...
 *
 * Source and store are ports: a program may bring its own, and a test fakes.
 */
import type { Environment, Instrument } from '../../../shared/market.ts';
import type { FolderKey } from '../store/paths.ts';
import type { Span } from '../store/spans.ts';
import type { TradeRow } from '../store/verification.ts';
import { mergeTrades } from './merge-trades.ts';
import type { DayOutcome } from './outcome.ts';
import { type HistoryWish, type RunPorts, runDays } from './run-days.ts';

/** Stored trades of a span in their order. A day that is not stored is left out, or with `isWhole` thrown for. */
export type ReadTrades = (key: FolderKey, span: Span, isWhole: boolean) => AsyncIterable<TradeRow>;

export type TradesWish = {
  readonly environment: Environment;
  readonly instrument: Instrument;
  /** ms, half-open. */
  readonly from: number;
  readonly to: number;
  readonly read: ReadTrades;
  /** Throw for a day that is not stored, instead of leaving it out. Default: true. */
  readonly isWhole?: boolean;
  /** Further sources, each in its own order of time, for example live trades: what the store has already is not told twice. */
  readonly more?: readonly AsyncIterable<TradeRow>[];
};

/** In the order of time, each trade once. Reads as it is asked: a week takes no more memory than a minute. */
export async function* iterateTrades(wish: TradesWish): AsyncGenerator<TradeRow, void, void> {
  const { environment, instrument, from, to, read, isWhole = true, more = [] } = wish;
  const { category, symbol } = instrument;
  const stored = read({ environment, category, symbol }, { from, to }, isWhole);
  if (more.length === 0) {
    yield* stored;
    return;
  }
  yield* mergeTrades(category, [stored, ...more.map((rows) => within(rows, from, to))]);
}

async function* within(
  rows: AsyncIterable<TradeRow>,
  from: number,
  to: number,
): AsyncGenerator<TradeRow, void, void> {
  for await (const row of rows) {
    if (row.timestamp >= to) return;
    if (row.timestamp >= from) yield row;
  }
}

/**
 * Makes a span as complete as it can be had, and says of each range of it where its rows come from and how true they are. What is there is
 * not asked for again. Nothing of it rejects: what fails is told with its range.
 */
export function backfillWithCache(
  wish: HistoryWish,
  ports: Omit<RunPorts, 'jobs' | 'signal'> & Partial<Pick<RunPorts, 'jobs' | 'signal'>>,
): Promise<readonly DayOutcome[]> {
  return runDays([wish], { jobs: 2, signal: new AbortController().signal, ...ports });
}
