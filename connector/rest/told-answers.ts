/** The answers to the commands `instruments` and `read_book`: which events they are made of, and what the reply says. Pure. */
import { type ErrorCode, isRetryable, ok, type Result } from '../../shared/errors.ts';
import type { UnnumberedEvent } from '../../shared/events/event.ts';
import type { Category, Instrument } from '../../shared/market.ts';
import type { UnixMs } from '../../shared/time.ts';
import type { MarketRest } from './market-rest.ts';

/** The part of the port that commands reach. */
export type AskedByCommand = Pick<MarketRest, 'instruments' | 'turnovers' | 'book'>;

/** Events in the order in which they are told; the reply comes after them. */
export type Told = {
  readonly events: readonly UnnumberedEvent[];
  readonly data: Readonly<Record<string, unknown>> | undefined;
};

/**
 * Everything that is traded in a category, each with its turnover. Turnovers that could not be had, and rows that could not be
 * read, are told as errors; they do not take the rest away, but `data.unreadable` says that the list has holes.
 */
export async function tellInstruments(
  rest: Pick<AskedByCommand, 'instruments' | 'turnovers'>,
  category: Category,
  nowMs: () => UnixMs,
): Promise<Result<Told>> {
  const [listed, turnovers] = await Promise.all([rest.instruments(category), rest.turnovers(category)]);
  if (!listed.ok) return listed;
  const error = (code: ErrorCode, words: string): UnnumberedEvent => ({
    type: 'error',
    error: words,
    code,
    retryable: isRetryable(code),
    at: nowMs(),
    category,
  });
  const { rows, bad, firstBad } = listed.value;
  const errors: UnnumberedEvent[] = [];
  if (bad > 0)
    errors.push(
      error('answer_bad', `${bad} of the instruments could not be read and are missing: ${firstBad}`),
    );
  if (!turnovers.ok)
    errors.push(
      error(turnovers.failure.code, `the instruments have no turnover: ${turnovers.failure.message}`),
    );
  const events = rows.map((instrument) => {
    const turnover = turnovers.ok ? turnovers.value.get(instrument.symbol) : undefined;
    return turnover === undefined ? instrument : { ...instrument, turnover_24h: turnover };
  });
  const unreadable = bad > 0 ? { unreadable: bad } : {};
  return ok({ events: [...errors, ...events], data: { count: rows.length, ...unreadable } });
}

export async function tellBook(
  rest: AskedByCommand,
  instrument: Instrument,
  depth: number,
): Promise<Result<Told>> {
  const book = await rest.book(instrument, depth);
  return book.ok ? ok({ events: [book.value], data: undefined }) : book;
}
