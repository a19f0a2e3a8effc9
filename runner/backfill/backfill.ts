/**
 * History that meets the live feed: for each symbol that is wanted, today since 00:00 UTC up to the first live trade, the day before, and
 * what the archive has of older gaps. One history child at a time is asked (docs/history.md), in the background; its answer is joined to
 * the levels, and gaps that the archive closes are closed in the ledger.
 *
 * What the gate asks is answered from the levels themselves: a part of today that neither trades nor candles tell keeps it shut until it
 * was asked for.
 */
import { backoffDelay } from '../../shared/backoff.ts';
import { DAY_MS, dayStart, utcDateOf } from '../../shared/day-totals.ts';
import type { HistoryRequest } from '../../shared/history-request.ts';
import { type Instrument, instrumentKey } from '../../shared/market.ts';
import { united, without } from '../../shared/spans.ts';
import type { MonoMs, UnixMs } from '../../shared/time.ts';
import type { JournalCut } from '../history/messages.ts';
import { wholeMinutes } from './day-asks.ts';
import { chosenOf, type Due, type Followed, FollowedSymbols, type MissingToday } from './followed-symbols.ts';
import { type AskedDay, HistoryRun, type ToldDay } from './history-run.ts';
import { type BackfillPorts, type BackfillView, type HistoryChild, nothingYet } from './ports.ts';
import { requestOf, SPANS_MAX } from './request.ts';
import { shutOutOf } from './shut-out.ts';
import { type AskedToday, again, answeredParts, isWhole, partsOf } from './told-day.ts';

/** Hundreds of symbols are looked through. */
const LOOK_EVERY_MS = 250;

type Running = {
  readonly run: HistoryRun;
  readonly total: number;
  /** Who is asked for, by instrument; one that was given up and is wanted again meanwhile is another. */
  readonly followed: ReadonlyMap<string, Followed>;
  /** What of today is asked for, of those whose today is. */
  readonly today: Map<string, AskedToday>;
  /** Why a day could not be had for now, in words; and which ones could not. */
  trouble: string | null;
  readonly failed: AskedDay[];
  child: HistoryChild | undefined;
  heardAt: MonoMs;
  isStopped: boolean;
};

export class Backfill {
  readonly #ports: BackfillPorts;
  readonly #symbols: FollowedSymbols;
  readonly #counts = { ...nothingYet };
  #running: Running | undefined;
  #dueSince: MonoMs | undefined;
  #failure: string | null = null;
  #last: Pick<BackfillView, 'current' | 'total' | 'polite'> = { current: 0, total: 0, polite: null };
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isOver = false;

  constructor(ports: BackfillPorts) {
    this.#ports = ports;
    this.#symbols = new FollowedSymbols(ports);
  }

  /** To be called a few times a second. */
  tick(): void {
    const { clock, policy, refusal, diskFault } = this.#ports;
    const now = clock.monoMs();
    if (this.#isOver || refusal() !== null) return;
    const running = this.#running;
    if (running !== undefined && !running.isStopped && now - running.heardAt >= policy.silentMs) {
      running.isStopped = true;
      if (running.child === undefined) return this.#ended(running, 'the recorder does not answer');
      const words = `history said nothing for ${Math.round(policy.silentMs / 1_000)} s: it is ended, and asked again later`;
      this.#ports.log.warn({ event: 'backfill_silent' }, words);
      running.child.stop();
    }
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    const due = this.#symbols.look(now);
    if (due.length === 0) this.#dueSince = undefined;
    else this.#dueSince ??= now;
    if (running !== undefined || this.#dueSince === undefined || now - this.#dueSince < policy.gatherMs)
      return;
    // What is fetched is written to the disk first.
    const fault = diskFault();
    if (fault !== null) {
      this.#failure = `history is not fetched: ${fault}`;
      return;
    }
    this.#dueSince = undefined;
    void this.#begin(chosenOf(due, policy), now);
  }

  /** A part of today that is missing and may come yet; the gate of the strategies asks. */
  missing(instrument: Instrument): MissingToday | undefined {
    if (this.#isOver || this.#ports.refusal() !== null) return undefined;
    return this.#symbols.missing(instrument);
  }

  view(): BackfillView {
    const { refusal } = this.#ports;
    const running = this.#running;
    const progress = running?.run.progress;
    const eta = progress?.eta_ms ?? null;
    return {
      ...this.#status(refusal()),
      current: progress?.current ?? (running === undefined ? this.#last.current : 0),
      total: running?.total ?? this.#last.total,
      estimatedSecondsRemaining: eta === null ? null : Math.ceil(eta / 1_000),
      now: progress?.now ?? [],
      counts: { ...this.#counts },
      polite: progress?.polite ?? this.#last.polite,
    };
  }

  /** Why history was not told, in words; null while it is. Undefined where none is fetched. */
  get fault(): string | null | undefined {
    return this.#ports.refusal() === null ? this.#failure : undefined;
  }

  /** What is under way is ended: the next life goes on with it. */
  stop(): void {
    this.#isOver = true;
    this.#running?.child?.stop();
  }

  #status(refusal: string | null): Pick<BackfillView, 'status' | 'reason'> {
    if (refusal !== null) return { status: 'skipped', reason: refusal };
    if (this.#isOver)
      return { status: 'cancelled', reason: 'the runner is stopping; its next life goes on from here' };
    if (this.#running !== undefined) return { status: 'in_progress', reason: null };
    if (this.#failure !== null) return { status: 'error', reason: this.#failure };
    if (this.#symbols.areDone) return { status: 'complete', reason: null };
    return { status: 'idle', reason: 'it begins some seconds after the first live trade of a symbol' };
  }

  async #begin(due: readonly Due[], now: MonoMs): Promise<void> {
    const { log, start, clock, cut: cutOf, onChange } = this.#ports;
    const asked: AskedDay[] = due.flatMap(({ followed: { instrument }, dates }) =>
      dates.map((date) => ({ instrument, date })),
    );
    const run = new HistoryRun(asked, this.#counts, {
      log,
      days: this.#ports.days,
      onDay: (day) => this.#told(day),
    });
    const running: Running = {
      run,
      total: asked.length,
      followed: new Map(due.map(({ followed }) => [instrumentKey(followed.instrument), followed])),
      today: new Map(),
      trouble: null,
      failed: [],
      child: undefined,
      heardAt: now,
      isStopped: false,
    };
    this.#running = running;
    this.#counts.runs += 1;
    for (const { followed, dates } of due) followed.asks.asked(dates, now);
    const cut = await cutOf();
    if (this.#isOver) return this.#ended(running, 'the runner is stopping');
    if (this.#running !== running) return;
    if (!cut.ok)
      log.warn({ event: 'backfill_without_cut' }, `what was recorded today may be missing: ${cut.failure}`);
    const request = this.#request(due, cut.ok ? cut.value : { positions: [] }, running.today);
    const words = `history is asked for ${asked.length} days of ${due.length} symbols`;
    log.info({ event: 'backfill_started', symbols: due.length, days: asked.length }, words);
    running.child = start(request, {
      onLine: (line) => {
        running.heardAt = clock.monoMs();
        run.onLine(line);
      },
      onEnd: (failure) => this.#ended(running, failure),
    });
    onChange();
  }

  #request(due: readonly Due[], cut: JournalCut, askedToday: Map<string, AskedToday>): HistoryRequest {
    const { days: daysOf, tickSize, moment, keptDays } = this.#ports;
    const { exchange } = moment();
    const today = utcDateOf(exchange);
    const kept = new Set([today, utcDateOf(dayStart(today) - DAY_MS)]);
    return requestOf(
      due.flatMap(({ followed: { instrument, asks }, dates }) => {
        const days = daysOf(instrument);
        if (days === undefined) return [];
        const { text: binSize } = tickSize(instrument);
        const until = Math.min(days.cut ?? exchange, exchange);
        return dates.map((date) => {
          const known = days.known(date);
          const isToday = date === today && known !== undefined;
          const holes = isToday ? without(asks.missing(known), [{ from: 0, to: until }]) : [];
          const candles = wholeMinutes(holes, exchange).slice(0, SPANS_MAX);
          if (isToday) askedToday.set(instrumentKey(instrument), { until, candles });
          return {
            ...{ instrument, date, binSize, candles },
            until: date === today ? until : undefined,
            known: known?.joined ?? [],
            withSums: kept.has(date),
          };
        });
      }),
      cut,
      keptDays === undefined ? undefined : utcDateOf(exchange - keptDays * DAY_MS),
    );
  }

  #told({ instrument, date, ranges, retryable }: ToldDay): void {
    const { moment, log, closeGaps, onChange } = this.#ports;
    const running = this.#running;
    const followed = running?.followed.get(instrumentKey(instrument));
    if (running === undefined || followed === undefined || this.#symbols.find(instrument) !== followed)
      return;
    this.#counts.days += 1;
    const { exchange } = moment();
    const known = this.#symbols.facts(instrument)?.known;
    const asked = running.today.get(instrumentKey(instrument));
    const parts = asked === undefined ? [] : answeredParts(asked);
    // Candles stand in where the list of the newest trades could not be had: nobody has to wait for that.
    const isCovered = followed.asks.isToday(date) && known !== undefined && isWhole(known, parts);
    if (retryable && !isCovered) {
      running.trouble ??=
        ranges.find(({ error }) => error !== undefined)?.error ?? 'history could not be read';
      running.failed.push({ instrument, date });
    } else {
      followed.asks.answered(date, again(ranges, exchange), known, parts);
      followed.asks.failures = 0;
    }
    const archived = ranges.filter((range) => range.is_archive && range.exactness === 'exact');
    followed.archived = united([...followed.archived, ...archived]);
    if (archived.length > 0) this.#counts.gapsClosed += closeGaps(instrument, followed.archived);
    const exact = ranges.length > 0 && ranges.every((range) => range.exactness === 'exact');
    log.info(
      { event: 'backfill_day', symbol: instrumentKey(instrument), date, exact, rows: ranges[0]?.rows ?? 0 },
      `history of ${instrumentKey(instrument)} ${date}: ${ranges.map((one) => `${one.exactness} (${one.reason})`).join(', ')}`,
    );
    onChange();
  }

  #ended(running: Running, failure: string | null): void {
    const { clock, moment, log, onChange } = this.#ports;
    if (this.#running !== running) return;
    const left = running.run.end();
    const { progress } = running.run;
    this.#last = {
      current: running.total - left.length,
      total: running.total,
      polite: progress?.polite ?? this.#last.polite,
    };
    this.#running = undefined;
    if (this.#isOver) return;
    const now = clock.monoMs();
    for (const [key, asked] of running.today) {
      const followed = running.followed.get(key);
      const known =
        followed?.asks.isAnswered === true ? this.#symbols.facts(followed.instrument)?.known : undefined;
      if (known !== undefined) followed?.asks.concede(known, partsOf(asked));
    }
    this.#failure = left.length === 0 ? running.trouble : (failure ?? 'history ended without an answer');
    this.#postpone(running, left, now, moment().exchange);
    if (left.length === 0) {
      log.info(
        { event: 'backfill_finished', days: running.total },
        `history has answered for ${running.total} days`,
      );
    } else {
      this.#counts.failures += 1;
      const words = `history of ${left.length} of ${running.total} days was not told: ${this.#failure ?? ''}; it is asked again`;
      log.warn({ event: 'backfill_failed', days: left.length, failure }, words);
    }
    onChange();
  }

  /** What was not told, and what could not be had, is asked for after a pause: not before a shut-out of this address is over. */
  #postpone(
    { run, failed, followed: all }: Running,
    left: readonly AskedDay[],
    now: MonoMs,
    exchange: UnixMs,
  ): void {
    const days = [...failed, ...left];
    if (days.length === 0) return;
    const { policy, random, clock } = this.#ports;
    const shutOut = shutOutOf(run.progress?.polite, clock.unixMs(), policy.retry.capMs);
    if (shutOut !== undefined) this.#failure = `${this.#failure ?? ''}; ${shutOut.words}`;
    for (const [key, of] of Map.groupBy(days, ({ instrument }) => instrumentKey(instrument))) {
      const asks = all.get(key)?.asks;
      if (asks === undefined) continue;
      const pause = Math.max(backoffDelay(asks.failures, policy.retry, random), shutOut?.leftMs ?? 0);
      const dates = of.map(({ date }) => date);
      asks.failed(dates, now, exchange, pause);
      asks.failures += 1;
    }
  }
}
