/**
 * The gate between a child's lines and the runner: what passes is a valid event that was not seen before.
 *
 * Everything else is counted, with a sample of what was wrong. Three promises are checked here, since only the runner
 * outlives a child: each line of the present child has the next number, each trade passes once however often it is told
 * (a new child, a second socket), and a trade that is older than our memory of ids is refused rather than told twice.
 * One intake serves one child at a time, and only children of one environment (child-identity.ts): ids of two have nothing
 * to do with each other.
 */
import { type EventType, eventSchemas, type TowlineEvent } from '../../shared/events/event.ts';
import type { DepthEvent, MarketEvent, TradeEvent } from '../../shared/events/market-events.ts';
import { Ring } from '../../shared/ring.ts';
import { MAX_TOPICS } from '../../shared/settings/topics.ts';
import type { UnixMs } from '../../shared/time.ts';
import { decodeEvent, type LineDefaults } from '../../shared/wire.ts';
import type { Refusal } from '../supervisor/deaths.ts';
import { isAbsurd } from './absurd-time.ts';
import { ChildIdentity, type ExpectedChild } from './child-identity.ts';
import { TradeMemory } from './trade-memory.ts';

const BAD_SAMPLES = 5;
const SAMPLE_LENGTH = 200;

/** A line number that is not the next one: lines were lost, doubled or reordered. A bug, since a pipe does none of these. */
export type LineJump = { readonly generation: number; readonly expected: number; readonly got: number };

export type BadLine = { readonly at: UnixMs; readonly reason: string; readonly line: string };

/** All that came in since the start of the runner, over all children. */
export type IntakeCounts = {
  readonly lines: number;
  readonly events: Readonly<Record<EventType, number>>;
  readonly bad_lines: number;
  readonly unknown_types: number;
  /** Events that passed, with fields that this version does not know. */
  readonly unknown_fields: number;
  /** Lines of a child that had already ended, or that had been refused. */
  readonly late_lines: number;
  /** Data of a child before it had said who it is. */
  readonly early_events: number;
  readonly jumps: number;
  readonly duplicates: number;
  readonly too_old: number;
  /** Events that passed although their time is impossible. */
  readonly skewed: number;
  readonly last_bad_at: UnixMs | null;
  readonly last_jump_at: UnixMs | null;
};

/** Who is told of what the gate finds, and what it expects. */
export type IntakeOptions = {
  /** Hears of every line of the present child that could be decoded, also of those that do not pass. */
  readonly onSignOfLife?: () => void;
  /** The present child is not the one that was asked for; nothing of it passes any more. */
  readonly onRefused?: (refusal: Refusal) => void;
  /** What the present child has told may have been a trade: `line` could not be read, or, without it, lines are missing. */
  readonly onUnread?: (line: string | undefined) => void;
  readonly expected?: ExpectedChild | undefined;
};

type MutableCounts = { -readonly [K in keyof IntakeCounts]: IntakeCounts[K] };

export class Intake {
  readonly #defaults: LineDefaults;
  readonly #onJump: (jump: LineJump) => void;
  readonly #onSignOfLife: () => void;
  readonly #onRefused: (refusal: Refusal) => void;
  readonly #onUnread: (line: string | undefined) => void;
  readonly #identity: ChildIdentity;
  readonly #counts: MutableCounts;
  readonly #events: Record<EventType, number>;
  readonly #badLines = new Ring<BadLine>(BAD_SAMPLES);
  readonly #trades = new TradeMemory(MAX_TOPICS);
  #generation: number | undefined;
  #nextNumber = 1;
  /** Lines since the last readable number that may have carried one. */
  #unnumbered = 0;

  constructor(
    defaults: LineDefaults,
    onJump: (jump: LineJump) => void,
    { onSignOfLife, onRefused, onUnread, expected }: IntakeOptions = {},
  ) {
    this.#onSignOfLife = onSignOfLife ?? (() => undefined);
    this.#onRefused = onRefused ?? (() => undefined);
    this.#onUnread = onUnread ?? (() => undefined);
    this.#identity = new ChildIdentity(expected);
    this.#defaults = defaults;
    this.#onJump = onJump;
    this.#events = Object.fromEntries(Object.keys(eventSchemas).map((type) => [type, 0])) as Record<
      EventType,
      number
    >;
    this.#counts = {
      lines: 0,
      events: this.#events,
      bad_lines: 0,
      unknown_types: 0,
      unknown_fields: 0,
      late_lines: 0,
      early_events: 0,
      jumps: 0,
      duplicates: 0,
      too_old: 0,
      skewed: 0,
      last_bad_at: null,
      last_jump_at: null,
    };
  }

  /** The event of a line, or undefined when there is none for the runner: the counts say why. Never throws. */
  accept(line: string, generation: number, nowMs: UnixMs): TowlineEvent | undefined {
    this.#counts.lines += 1;
    if (generation !== this.#generation) {
      this.#counts.late_lines += 1;
      return undefined;
    }
    const decoded = decodeEvent(line, this.#defaults);
    if (decoded.kind !== 'event') {
      this.#unnumbered += 1;
      if (decoded.kind === 'bad') {
        this.#countBad(decoded.reason, line, nowMs);
        // What a program prints beside its events is no event that is missing.
        if (line.includes('"trade"')) this.#onUnread(line);
        this.#refuse(this.#identity.onBadLine(line));
      } else {
        this.#counts.unknown_types += 1;
        this.#onSignOfLife();
      }
      return undefined;
    }
    this.#onSignOfLife();
    const { event } = decoded;
    if (decoded.unknownFields) this.#counts.unknown_fields += 1;
    return this.#take(event, nowMs) ? event : undefined;
  }

  /** The child of this generation told something that could be read; `acceptRead` does not say it for each event. */
  signOfLife(generation: number): void {
    if (generation === this.#generation) this.#onSignOfLife();
  }

  /** The same for an event whose line was read already: does it pass? */
  acceptRead(event: TradeEvent | DepthEvent, generation: number, nowMs: UnixMs): boolean {
    this.#counts.lines += 1;
    if (generation === this.#generation) return this.#take(event, nowMs);
    this.#counts.late_lines += 1;
    return false;
  }

  /** A new child lives: its numbers begin at 1. */
  childStarted(generation: number): void {
    this.#generation = generation;
    this.#nextNumber = 1;
    this.#unnumbered = 0;
    this.#identity.childStarted();
  }

  /** The child has ended and its output is read: what still comes under its number is refused. */
  childEnded(generation: number): void {
    if (generation === this.#generation) this.#generation = undefined;
  }

  counts(): IntakeCounts {
    return { ...this.#counts, events: { ...this.#events } };
  }

  /** The last bad lines, newest last, each cut to 200 characters. */
  badLines(): readonly BadLine[] {
    return [...this.#badLines];
  }

  #take(event: TowlineEvent, nowMs: UnixMs): boolean {
    this.#events[event.type] += 1;
    if (event.n !== undefined) this.#checkNumber(event.n, nowMs);
    return this.#passes(event, nowMs);
  }

  #passes(event: TowlineEvent, nowMs: UnixMs): boolean {
    switch (event.type) {
      case 'status':
        return !this.#refuse(this.#identity.onStatus(event));
      case 'error':
      case 'reply':
      case 'progress':
        return true;
      default:
        if (this.#identity.mayTell) return this.#isNews(event, nowMs);
        this.#counts.early_events += 1;
        return false;
    }
  }

  #isNews(event: TowlineEvent, nowMs: UnixMs): boolean {
    switch (event.type) {
      case 'trade':
        this.#measure(event, nowMs);
        return this.#isNewTrade(event);
      case 'depth':
      case 'kline':
      case 'ticker':
      case 'liquidation':
        this.#measure(event, nowMs);
        return true;
      default:
        return true;
    }
  }

  #isNewTrade(trade: TradeEvent): boolean {
    const verdict = this.#trades.judge(trade);
    if (verdict === 'duplicate') this.#counts.duplicates += 1;
    if (verdict === 'too old') this.#counts.too_old += 1;
    return verdict === 'new';
  }

  /** Shuts the gate for a child that is not the one that was asked for; false when there is no reason to. */
  #refuse(refusal: Refusal | undefined): boolean {
    if (refusal === undefined) return false;
    this.#generation = undefined;
    this.#onRefused(refusal);
    return true;
  }

  /** A line that could not be read may have had a number, so each of them excuses one missing number. */
  #checkNumber(n: number, nowMs: UnixMs): void {
    const expected = this.#nextNumber;
    if ((n < expected || n > expected + this.#unnumbered) && this.#generation !== undefined) {
      this.#counts.jumps += 1;
      this.#counts.last_jump_at = nowMs;
      this.#onJump({ generation: this.#generation, expected, got: n });
      if (n > expected) this.#onUnread(undefined);
    }
    this.#nextNumber = n + 1;
    this.#unnumbered = 0;
  }

  #measure(event: MarketEvent, nowMs: UnixMs): void {
    if (isAbsurd(event.timestamp, nowMs)) this.#counts.skewed += 1;
  }

  #countBad(reason: string, line: string, nowMs: UnixMs): void {
    this.#counts.bad_lines += 1;
    this.#counts.last_bad_at = nowMs;
    this.#badLines.push({ at: nowMs, reason, line: line.slice(0, SAMPLE_LENGTH) });
  }
}
