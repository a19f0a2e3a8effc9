/** A backfill whose history child is the test, under a clock that only the test moves. */
import assert from 'node:assert/strict';
import { pino } from 'pino';
import { Backfill } from '../../../runner/backfill/backfill.ts';
import type { BackfillPorts, HistoryChildHandlers } from '../../../runner/backfill/ports.ts';
import { InstrumentDays } from '../../../runner/context/day/instrument-days.ts';
import type { JournalCut } from '../../../runner/history/messages.ts';
import { dayStart, emptyDayTotals, utcDateOf } from '../../../shared/day-totals.ts';
import { ok, type Result } from '../../../shared/errors.ts';
import type { HistoryEvent, HistoryRangeEvent } from '../../../shared/events/history-events.ts';
import type { GapEvent } from '../../../shared/events/process-events.ts';
import { historyPolicy } from '../../../shared/history-policy.ts';
import type { HistoryRequest } from '../../../shared/history-request.ts';
import type { Instrument } from '../../../shared/market.ts';
import type { Span } from '../../../shared/spans.ts';
import { unixMs } from '../../../shared/time.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

export const bitcoin = { category: 'linear', symbol: 'BTCUSDT' } as const;
export const policy = historyPolicy().backfill;
export const MINUTE = 60_000;

export type Asked = {
  readonly request: HistoryRequest;
  readonly say: (event: HistoryEvent) => void;
  readonly line: (text: string) => void;
  readonly end: (failure?: string) => void;
  isStopped: boolean;
};

export class BackfillWorld {
  readonly clock = new VirtualClock();
  readonly asked: Asked[] = [];
  readonly backfill: Backfill;
  readonly days: InstrumentDays;
  readonly closed: (readonly Span[])[] = [];
  instruments: readonly Instrument[] = [bitcoin];
  tickSize: string | undefined = '0.1';
  refusal: string | null = null;
  diskFault: string | null = null;
  readonly keptDays: number | undefined;
  ended: readonly Span[] = [];
  isEndless = false;
  isProven = true;
  cut: Promise<Result<JournalCut, string>> = Promise.resolve(ok({ positions: [] }));
  logged = '';
  #gaps = 0;

  constructor(keptDays?: number) {
    this.keptDays = keptDays;
    this.days = new InstrumentDays(bitcoin, this.now, { profileTickSize: '0.5' });
    this.backfill = new Backfill(this.#ports());
  }

  get now(): number {
    return this.clock.unixMs();
  }

  get today(): string {
    return utcDateOf(this.now);
  }

  get yesterday(): string {
    return utcDateOf(dayStart(this.today) - 1);
  }

  /** Time passes, looked at ten times a second at first and then once a second. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; ) {
      const step = Math.min(left, ms <= 60_000 ? 100 : 1_000);
      left -= step;
      this.clock.advance(step);
      this.days.advance(this.now);
      this.backfill.tick();
      await Promise.resolve();
      await Promise.resolve();
    }
  }

  trade(): void {
    const id = `t${this.now}`;
    this.days.add({ timestamp: this.now, price: 100, qty: 1, side: 'buy', id }, this.now);
  }

  /** Of our trades, `from` to `to`; told again with another state by its number. */
  gap(from: number, to: number | null, state: GapEvent['state'] = 'open'): void {
    this.#gaps += 1;
    const ends = { from: { id: 'a', timestamp: from }, to: to === null ? null : { id: 'b', timestamp: to } };
    const named = { ...bitcoin, channel: 'trades', cause: 'socket_lost', at: this.now } as const;
    this.days.gap({ type: 'gap', gap_id: `g${from}`, state, ...named, ...ends });
    this.isEndless = to === null && state === 'open';
    this.ended = to === null || state !== 'open' ? [] : [{ from, to: to + 1 }];
  }

  /** The one question that was put last. */
  get last(): Asked {
    return this.asked.at(-1) ?? assert.fail('nothing was asked');
  }

  /** Which days, in their order. */
  datesOf({ request }: Asked = this.last): readonly string[] {
    return request.instruments.flatMap(({ days }) => days.map(({ date }) => date));
  }

  #ports(): BackfillPorts {
    return {
      policy,
      clock: this.clock,
      random: () => 0.5,
      log: pino(
        { level: 'info' },
        {
          write: (line: string) => {
            this.logged += line;
          },
        },
      ),
      refusal: () => this.refusal,
      keptDays: this.keptDays,
      diskFault: () => this.diskFault,
      instruments: () => this.instruments,
      moment: () => ({
        exchange: unixMs(this.now),
        proven: unixMs(this.isProven ? this.now : Number.NEGATIVE_INFINITY),
      }),
      days: () => this.days,
      tickSize: () => ({ text: this.tickSize ?? '0.5', isKnown: this.tickSize !== undefined }),
      gaps: () => ({
        ended: new Map([['linear:BTCUSDT', this.ended]]),
        endless: new Set(this.isEndless ? ['linear:BTCUSDT'] : []),
      }),
      closeGaps: (_, spans) => {
        this.closed.push(spans);
        return 1;
      },
      cut: () => this.cut,
      start: (request, handlers) => this.#start(request, handlers),
      onChange: () => undefined,
    };
  }

  #start(request: HistoryRequest, { onLine, onEnd }: HistoryChildHandlers) {
    const asked: Asked = {
      request,
      say: (event) => onLine(JSON.stringify(event)),
      line: onLine,
      end: (failure) => onEnd(failure ?? null),
      isStopped: false,
    };
    this.asked.push(asked);
    return {
      stop: () => {
        asked.isStopped = true;
      },
    };
  }
}

const named = { category: 'linear', symbol: 'BTCUSDT' } as const;

/** Trades of a span that were stored: one at its beginning. */
export function totalsOf(date: string, span: Span): HistoryEvent {
  const place = { timestamp: span.from, price: 100, id: `s${span.from}` };
  const totals = {
    ...emptyDayTotals({ ...named, date, bin_size: '0.1' }),
    ...{ trades: 1, volume: '2', notional: '200', squares: '20000', buy_volume: '2', high: 100, low: 100 },
    ...{ pre_market_buy_volume: '2', first: place, last: place, bins: [[1_000, '2', '0']] as const },
  };
  return { type: 'day_totals', part: 1, parts: 1, spans: [span], edges: [], totals };
}

export function candle(start: number): HistoryEvent {
  const end = start + MINUTE - 1;
  const prices = { open: 100, high: 101, low: 99, close: 100, volume: 3, turnover: 300 };
  return {
    type: 'kline',
    ...named,
    timestamp: end,
    interval: '1',
    start,
    end,
    ...prices,
    closed: true,
    origin: 'archive',
  };
}

/** The minutes of a span. */
export function minutesOf({ from, to }: Span): readonly number[] {
  const first = from - (from % MINUTE);
  return Array.from({ length: Math.ceil((to - first) / MINUTE) }, (_, index) => first + index * MINUTE);
}

export function rangeOf(
  date: string,
  { from, to }: Span,
  more: Partial<HistoryRangeEvent> = {},
): HistoryRangeEvent {
  return {
    type: 'history_range',
    ...{ ...named, date, from, to, source: 'klines', exactness: 'approximate' },
    ...{ reason: 'day_not_over', state: 'done', is_archive: false, rows: null, ask_again_at: null },
    ...more,
  };
}

/** REST alone, until then. */
export function shutOut(until: number): HistoryEvent {
  const lane = {
    ...{ sent: 1, failed: 1, refusals: 1, waiting: 0, under_way: 0, concurrency: 2, delay_ms: 75 },
    ...{ throttle_factor: 1.5, breakers: [], shut_endpoints: [], outage_until: null },
    ...{ banned_until: null, banned_because: null },
  };
  const rest = { ...lane, banned_until: unixMs(until), banned_because: 'HTTP 403' };
  const counts = { current: 2, total: 2, bytes: 0, rows: 0, bytes_per_second: 0, eta_ms: null, now: [] };
  const polite = { access: 'public', key: 'none', rest, archive: { ...lane, files: 0, bytes: 0 } } as const;
  return { type: 'progress', task: 'history', done: true, ...counts, polite };
}

export function told(date: string, retryable = false): HistoryEvent {
  return { type: 'history_day', ...named, date, retryable };
}

/** A live trade came, and history was asked. */
export async function asking(): Promise<BackfillWorld> {
  const world = new BackfillWorld();
  await world.pass(1_000);
  world.trade();
  await world.pass(policy.settleMs + policy.gatherMs + 1_000);
  assert.equal(world.asked.length, 1);
  return world;
}

/** Everything of both days was told: yesterday by trades, today by candles. */
export async function answered(): Promise<BackfillWorld> {
  const world = await asking();
  const { last, today, yesterday } = world;
  const cut = world.days.cut ?? assert.fail();
  for (const start of minutesOf({ from: dayStart(today), to: cut - MINUTE })) last.say(candle(start));
  last.say(rangeOf(today, { from: dayStart(today), to: cut }));
  last.say(told(today));
  const whole = { from: dayStart(yesterday), to: dayStart(today) };
  last.say(totalsOf(yesterday, whole));
  last.say(
    rangeOf(yesterday, whole, {
      source: 'archive',
      exactness: 'exact',
      reason: 'archived',
      is_archive: true,
    }),
  );
  last.say(told(yesterday));
  await world.pass(MINUTE);
  last.say(candle(cut - (cut % MINUTE)));
  last.end();
  return world;
}

/** A part of today that the gate waits for. */
export const missing = (world: BackfillWorld) => world.backfill.missing(bitcoin);
