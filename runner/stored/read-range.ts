/** A page of trades, put together: what memory holds is taken at once, and only for the rest is the store asked. */
import { dayStart, utcDateOf } from '../../shared/day-totals.ts';
import type { Result } from '../../shared/errors.ts';
import type { GapEvent } from '../../shared/events/process-events.ts';
import type { RowsRequest } from '../../shared/history-request.ts';
import type { Instrument } from '../../shared/market.ts';
import type { Span } from '../../shared/spans.ts';
import { ApiError } from '../api/api-error.ts';
import type { Tape } from '../context/tape.ts';
import {
  coveredByTape,
  type MemoryPart,
  onTape,
  pageOf,
  type RangePage,
  type RangeWish,
  type StoreAnswer,
  storeWishOf,
} from './range.ts';
import type { StoredFailure } from './stored-trades.ts';

export type RangeSources = {
  /** Undefined when nothing of the instrument is listened to. */
  readonly tape: Pick<Tape, 'range' | 'stats'> | undefined;
  readonly gaps: Iterable<GapEvent>;
  /** The exchange's time. */
  readonly now: number;
  /** It finds also what was dispatched before the call. Undefined: there is nobody to ask. */
  readonly ask: (request: RowsRequest) => Promise<Result<StoreAnswer, StoredFailure> | undefined>;
};

/** Rejects with an ApiError when what is stored cannot be told. */
export async function readRange(
  instrument: Instrument,
  wish: RangeWish,
  sources: RangeSources,
): Promise<RangePage> {
  const { category, symbol } = instrument;
  const memory = memoryOf(instrument, wish, sources);
  const asked = storeWishOf(wish, memory);
  if (asked === undefined) return told(pageOf(category, wish, memory, undefined));
  const answer = await sources.ask({ request: 'rows', category, symbol, ...asked });
  if (answer?.ok === false) throw new ApiError(answer.failure.code, answer.failure.message);
  return told(pageOf(category, wish, memory, answer?.value));
}

function told(page: RangePage | undefined): RangePage {
  if (page !== undefined) return page;
  throw new ApiError('history_failed', 'stored history changed while it was read: ask again');
}

function memoryOf(instrument: Instrument, wish: RangeWish, { tape, gaps, now }: RangeSources): MemoryPart {
  const { oldest, newest } = tape?.stats() ?? { oldest: null, newest: null };
  // By a clock that is compared with ours, so that it has fractions.
  const until = Math.max(Math.ceil(now), newest ?? 0) + 1;
  if (tape === undefined) return { rows: [], covered: [], hopeless: [], until };
  const own = [...gaps].filter((gap) => isOf(gap, instrument));
  const covered = coveredByTape(
    oldest,
    own.flatMap((gap) => missedBy(gap, until)),
    until,
  );
  return { rows: onTape(tape, wish), covered, hopeless: own.flatMap((gap) => notYetSeen(gap, until)), until };
}

function isOf({ channel, category, symbol }: GapEvent, instrument: Instrument): boolean {
  return channel === 'trades' && category === instrument.category && symbol === instrument.symbol;
}

/** While the feed is away nobody records: whoever asks for the last minutes then is answered at once. An archive may have a former day. */
function notYetSeen({ state, from, to }: GapEvent, until: number): readonly Span[] {
  if (state !== 'open' || to !== null || from === null) return [];
  return [{ from: Math.max(from.timestamp, dayStart(utcDateOf(until))), to: until }];
}

/** Of a gap that trades have healed, the tape has them; one that the archive has closed is still one of the tape. */
function missedBy({ state, healed_by, from, to }: GapEvent, until: number): readonly Span[] {
  if (state === 'healed' && healed_by !== 'archive') return [];
  return [{ from: from?.timestamp ?? 0, to: to === null ? until : to.timestamp + 1 }];
}
