/**
 * Records the trades that were dispatched, live and healed, in their order, and what of them is complete.
 *
 * On the way of a trade it only writes six numbers down; files are another thread's. Twice a second what waits goes there as one batch,
 * one batch at a time. The feed never waits: what finds no room (the disk is slow), or what must not be written (the disk is full, or the
 * limit of recordings is reached, or writing has just failed), is counted, said, and its time is not claimed to be complete. Of what is
 * on its way when writing fails nothing is claimed either.
 *
 * A replay is never recorded, since it is no new knowledge, nor what a child tells that does not say where its data come from.
 */
import { ok, type Result } from '../../shared/errors.ts';
import type { TowlineEvent } from '../../shared/events/event.ts';
import type { TradeEvent } from '../../shared/events/market-events.ts';
import type { GapEvent, StatusEvent } from '../../shared/events/process-events.ts';
import type { ClockKind, Environment, Topic } from '../../shared/market.ts';
import type { MonoMs, UnixMs } from '../../shared/time.ts';
import { isAbsurd } from '../intake/absurd-time.ts';
import { isLive } from '../intake/trade-order.ts';
import { RowWriter, timesOf } from './journal-rows.ts';
import type { JournalBatch, JournalCut, JournalWritten } from './messages.ts';
import { type RecordedEntry, RecordedInstruments } from './recorded-instruments.ts';
import type { RecorderOptions, RecordingCounts } from './recorder-types.ts';
import { RecordingPause } from './recording-pause.ts';
import type { SeenSpans } from './seen-spans.ts';

/** What is needed when the outcome of a batch is known. */
type Sent = {
  readonly batch: JournalBatch;
  readonly entries: readonly { readonly entry: RecordedEntry; readonly claimed: SeenSpans['claimed'] }[];
};

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #instruments: RecordedInstruments;
  readonly #rows = new RowWriter();
  #number = 1;
  #known = 0;
  /** Rows that the thread has not confirmed, and batches on their way. */
  #sentRows = 0;
  readonly #sent = new Set<Promise<unknown>>();
  /** What the disk has not confirmed, as the last batch has left it. */
  #unconfirmed = 0;
  #environment: Environment | undefined;
  #clockKind: ClockKind | undefined;
  #hasBegun = false;
  #isUnknownSaid = false;
  #nextFlush = 0;
  #nextKeep = 0;
  #unread = 0;
  readonly #pause: RecordingPause;
  readonly #counts = { trades: 0, bytes: 0, doubles: 0, torn: 0, removed: 0, absurd: 0 };
  #keptBytes: number | null = null;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#instruments = new RecordedInstruments(options.isWanted);
    this.#pause = new RecordingPause(options.log, options.policy);
    this.#environment = options.expected?.environment;
    this.#clockKind = options.expected?.clock;
  }

  /** An event that is dispatched. */
  heard(event: TowlineEvent, nowMs: UnixMs): void {
    switch (event.type) {
      case 'trade':
        return this.#trade(event, nowMs);
      case 'gap':
        return event.channel === 'trades' ? this.#gap(event) : undefined;
      case 'status':
        return this.#status(event);
      default:
        return;
    }
  }

  /** Nobody sees what trades from now on, and no gap may tell of it. */
  unwanted(topic: Topic): void {
    if (topic.channel !== 'trades') return;
    const entry = this.#instruments.find(topic);
    if (entry === undefined) return;
    entry.seen.blind();
    entry.isGone = true;
  }

  /** To be called a few times a second. */
  tick(now: MonoMs): void {
    this.#pause.look(now, this.#options.diskFault());
    if (now < this.#nextFlush || this.#sent.size > 0) return;
    this.#nextFlush = now + this.#options.policy.flushEveryMs;
    void this.#flush(now, 'usual');
  }

  /**
   * A place in the order of dispatch: the answer says how far the files go at this very moment, all that was told before included. To be
   * called between two events; what is told after the call lies behind it.
   */
  async cut(): Promise<Result<JournalCut, string>> {
    if (this.#environment === undefined) return { ok: true, value: { positions: [] } };
    const written = await this.#flush(this.#options.clock.monoMs(), 'cut');
    if (written === undefined) return { ok: true, value: { positions: [] } };
    return written.ok ? ok({ positions: written.value.positions }) : written;
  }

  /** Writes what waits; to be called when nothing more will be told. */
  async stop(): Promise<void> {
    await this.#flush(this.#options.clock.monoMs(), 'last');
    await Promise.all(this.#sent);
    if (!this.#hasBegun) return;
    const { trades, bytes } = this.#counts;
    this.#options.log.info({ event: 'recording_stopped', trades, bytes }, 'no more trades are recorded');
  }

  counts(): RecordingCounts {
    const { trades, bytes, doubles, torn, removed, absurd } = this.#counts;
    return {
      ...{ trades, bytes, doubles, torn, removed },
      instruments: this.#instruments.recorded,
      waiting: this.#rows.size + this.#sentRows,
      dropped: { ...this.#pause.dropped, absurd_time: absurd },
      keptBytes: this.#keptBytes,
      paused: this.#pause.cause,
    };
  }

  #status({ environment, clock }: StatusEvent): void {
    if (environment !== undefined) this.#environment = environment;
    if (clock !== undefined) this.#clockKind = clock;
  }

  #gap(gap: GapEvent): void {
    const { seen, isRecorded } = this.#instruments.of(gap);
    // What healed it was not recorded: of these files it is lost.
    seen.gap(gap.state === 'healed' && !isRecorded ? { ...gap, state: 'lost' } : gap);
  }

  #trade(trade: TradeEvent, nowMs: UnixMs): void {
    if (this.#clockKind === 'replay') return;
    const entry = this.#instruments.of(trade);
    entry.isGone = false;
    if (!entry.isRecorded) return;
    if (this.#environment === undefined) return this.#sayUnknown();
    const { seen } = entry;
    const live = isLive(trade);
    if (isAbsurd(trade.timestamp, nowMs)) {
      // It happened at some other time, which nobody knows.
      this.#counts.absurd += 1;
      return seen.blind();
    }
    if (live) seen.live(trade);
    this.#pause.room(this.#rows.size + this.#sentRows);
    if (this.#pause.cause !== null) {
      this.#pause.drop();
      return seen.missed(trade.timestamp, trade.timestamp + 1);
    }
    this.#rows.add(this.#instruments.placeOf(entry), trade);
  }

  /** Sends what waits. Nothing is sent, and nothing answered, when there is nothing to say. */
  #flush(now: MonoMs, why: 'usual' | 'cut' | 'last'): Promise<Result<JournalWritten, string>> | undefined {
    if (this.#environment === undefined || this.#clockKind === 'replay') return undefined;
    const isCut = why === 'cut';
    // A last mark is still set: it is small.
    const isLeft = why === 'last' && this.#unconfirmed > 0;
    if (!isCut && !isLeft && this.#pause.isShut(now)) return undefined;
    this.#lookForUnread();
    const claims = this.#instruments.claims(why !== 'usual');
    const isFirst = !this.#hasBegun && this.#rows.size > 0;
    const keep = this.#hasBegun || isFirst ? this.#keepIfDue(now) : null;
    const isSaid = this.#rows.size > 0 || claims.length > 0 || keep !== null || isCut;
    if (!isSaid && this.#unconfirmed === 0) return undefined;
    if (isFirst) this.#begin(this.#environment);
    const placed = this.#instruments.takePlaced();
    const batch: JournalBatch = {
      number: this.#number,
      known: this.#known,
      environment: this.#environment,
      instruments: placed.map(({ instrument }) => instrument),
      rows: this.#rows.take(),
      claims,
      keep,
      isCut,
      isLast: why === 'last',
    };
    const entries = placed.map((entry) => ({ entry, claimed: entry.seen.claimed }));
    this.#number += 1;
    this.#sentRows += batch.rows.ids.length;
    return this.#send({ batch, entries });
  }

  async #send(sent: Sent): Promise<Result<JournalWritten, string>> {
    const write = this.#options.write(sent.batch);
    this.#sent.add(write);
    const written = await write;
    this.#sent.delete(write);
    this.#known = Math.max(this.#known, sent.batch.number);
    this.#sentRows -= sent.batch.rows.ids.length;
    this.#pause.room(this.#rows.size + this.#sentRows);
    const now = this.#options.clock.monoMs();
    if (written.ok) this.#written(sent, written.value, now);
    else {
      const all = sent.entries.map((_, place) => place);
      this.#reject(sent, all, all);
      this.#unconfirmed = 0;
      this.#pause.failed(written.failure, sent.batch.rows.ids.length, now);
    }
    return written;
  }

  #written(sent: Sent, written: JournalWritten, now: MonoMs): void {
    const lost = this.#reject(sent, written.failed, written.unclaimed);
    const refused = new Set([...written.failed, ...written.unclaimed]);
    for (const [place, { entry, claimed }] of sent.entries.entries())
      if (!refused.has(place)) entry.seen.confirm(claimed);
    this.#counts.trades += sent.batch.rows.ids.length - lost - written.doubles;
    this.#counts.bytes += written.bytes;
    this.#counts.doubles += written.doubles;
    this.#counts.torn += written.torn;
    this.#unconfirmed = written.unconfirmed;
    if (written.kept !== null) {
      this.#keptBytes = written.kept.bytes;
      this.#counts.removed += written.kept.removed;
      this.#pause.limit(written.kept.isOver ? this.#limitText(written.kept.bytes) : null);
    }
    if (written.message !== null) this.#pause.failed(written.message, lost, now);
    else if (sent.batch.rows.ids.length > 0) this.#pause.worked();
  }

  /** Answers how many trades are not on the disk. */
  #reject({ batch, entries }: Sent, failed: readonly number[], unclaimed: readonly number[]): number {
    let lost = 0;
    for (const [place, { from, to, trades }] of timesOf(batch.rows, new Set(failed))) {
      entries[place]?.entry.seen.missed(from, to);
      lost += trades;
    }
    for (const place of [...failed, ...unclaimed]) entries[place]?.entry.seen.rejected();
    return lost;
  }

  #lookForUnread(): void {
    const unread = this.#options.unread();
    if (unread === this.#unread) return;
    this.#unread = unread;
    for (const { seen } of this.#instruments.values()) seen.doubt();
  }

  #keepIfDue(now: MonoMs): JournalBatch['keep'] {
    if (now < this.#nextKeep) return null;
    this.#nextKeep = now + this.#options.policy.keepEveryMs;
    return { ...this.#options.keep, now: this.#options.clock.unixMs() };
  }

  #begin(environment: Environment): void {
    this.#hasBegun = true;
    this.#options.log.info({ event: 'recording_started', environment }, 'trades are recorded');
  }

  #sayUnknown(): void {
    if (this.#isUnknownSaid) return;
    this.#isUnknownSaid = true;
    this.#options.log.warn(
      { event: 'recording_refused' },
      'trades are not recorded: the connector does not say where they come from; let its status "ready" name an environment',
    );
  }

  #limitText(bytes: number): string {
    const mb = (value: number): number => Math.ceil(value / (1024 * 1024));
    return (
      `recordings of trades take ${mb(bytes)} MB, more than RECORD_MAX_MB=${mb(this.#options.keep.bytes)} although only today's are left: ` +
      'raise it, or record fewer symbols; recording goes on tomorrow'
    );
  }
}
