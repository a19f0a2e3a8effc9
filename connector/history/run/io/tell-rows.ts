/** What is stored of a span as lines, the newest trades first: for a user, and for a runner that asks on stdin. Nobody is asked for anything. */
import { describeIssues } from '../../../../shared/describe-issues.ts';
import { exitCodes } from '../../../../shared/errors.ts';
import { rowsRequestSchema } from '../../../../shared/history-request.ts';
import type { Instrument } from '../../../../shared/market.ts';
import { coarsened } from '../../../../shared/spans.ts';
import { readRows } from '../../rows/io/read-rows.ts';
import { storeErrors } from '../../store/failures.ts';
import type { TradeRow } from '../../store/verification.ts';
import type { RowsQuestion } from '../options.ts';
import type { HistoryWorld, Line } from './run-history.ts';

/** Spans of the last line. */
const SPANS_TOLD = 1_000;

/** Answers a request of a runner; the exit code. */
export function answerRows(world: HistoryWorld, request: unknown): Promise<number> | number {
  const parsed = rowsRequestSchema.safeParse(request);
  if (parsed.success) {
    const { category, symbol, from, to, limit } = parsed.data;
    return tellRows(world, { instrument: { category, symbol }, span: { from, to }, limit });
  }
  const error = `the request cannot be read: ${describeIssues(parsed.error.issues)}; see docs/history.md`;
  world.emit({ type: 'error', error, code: 'bad_command', retryable: false, at: world.clock.unixMs() });
  return exitCodes.usage;
}

export async function tellRows(
  world: HistoryWorld,
  { instrument, span, limit }: RowsQuestion,
): Promise<number> {
  const { emit, clock, options, signal, store } = world;
  const { environment } = options.settings;
  const { category, symbol } = instrument;
  const place = { trades: store.trades, dataDir: options.dataDir };
  const found = await readRows(place, { environment, category, symbol }, span, limit);
  if (!found.ok) {
    const { code, message } = found.failure;
    const { retryable } = storeErrors[code];
    emit({ type: 'error', error: message, code, retryable, at: clock.unixMs(), category, symbol });
    return retryable ? exitCodes.tryAgain : exitCodes.dataError;
  }
  const { rows, more, about, missing } = found.value;
  for (const row of rows) {
    await world.drained();
    if (signal.aborted) return exitCodes.tryAgain;
    emit(tradeLine(instrument, row));
  }
  const { from, to } = about;
  const told = coarsened(missing, SPANS_TOLD);
  emit({ type: 'history_rows', category, symbol, from, to, rows: rows.length, more, missing: told });
  return exitCodes.done;
}

function tradeLine({ category, symbol }: Instrument, row: TradeRow): Line {
  const { timestamp, seq, id, price, qty, side, block, rpi, source } = row;
  return {
    ...{ type: 'trade', category, symbol, timestamp, price, qty, side },
    is_buyer_maker: side === 'sell',
    id,
    ...(seq === null ? {} : { seq }),
    ...(block === null ? {} : { block }),
    ...(rpi === null ? {} : { rpi }),
    ...{ origin: 'archive', source },
  };
}
