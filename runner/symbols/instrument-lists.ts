/**
 * What the exchange trades, asked of the child by the command `instruments`: one list for each market that somebody needs.
 *
 * A question is open until its reply, a timeout, or the end of the child. What fails is asked again, later and later; a child that
 * does not know the command is not asked a second time. Lists outlive the child that told them.
 */
import { backoffDelay } from '../../shared/backoff.ts';
import type { Command } from '../../shared/commands.ts';
import type { InstrumentEvent } from '../../shared/events/market-events.ts';
import type { ReplyEvent } from '../../shared/events/process-events.ts';
import type { Category, Instrument } from '../../shared/market.ts';
import type { Policy } from '../../shared/policy.ts';
import { after, type MonoMs, type Random, type UnixMs } from '../../shared/time.ts';

/** No market has as many. A child that invents instruments must not fill our memory. */
const MAX_INSTRUMENTS = 10_000;

export type InstrumentRows = ReadonlyMap<string, InstrumentEvent>;

export type ListPorts = {
  /** False when there is no child or it does not read. */
  readonly send: (command: Command) => boolean;
  readonly random: Random;
  /** A list came, or a question failed: `fault` says then what is known now. */
  readonly answered: (category: Category) => void;
};

type Question = {
  readonly id: string;
  readonly deadline: MonoMs;
  readonly rows: Map<string, InstrumentEvent>;
};

type MarketList = {
  rows: InstrumentRows | undefined;
  /** Rows of the list could not be read: who is missing in it may be traded all the same. */
  hasHoles: boolean;
  at: UnixMs | undefined;
  /** Why the last question had no answer; undefined after an answer. */
  fault: string | undefined;
  failures: number;
  question: Question | undefined;
  /** When it is asked next without anybody saying so. */
  askAt: MonoMs | undefined;
};

export class InstrumentLists {
  readonly #policy: Policy['symbols'];
  readonly #ports: ListPorts;
  readonly #markets = new Map<Category, MarketList>();
  #nextId = 1;
  #hasChild = false;

  constructor(policy: Policy['symbols'], ports: ListPorts) {
    this.#policy = policy;
    this.#ports = ports;
  }

  /** This market's list is wanted now; one question at a time. Without a child it is asked of the next one. */
  ask(category: Category, now: MonoMs): void {
    const market = this.#of(category);
    if (market.question !== undefined) return;
    market.askAt = now;
    this.#askIfDue(category, market, now);
  }

  /** The child takes commands. */
  childReady(now: MonoMs): void {
    this.#hasChild = true;
    for (const [category, market] of this.#markets) {
      if (market.rows === undefined || market.fault !== undefined || market.askAt !== undefined)
        this.ask(category, now);
    }
  }

  childEnded(): void {
    this.#hasChild = false;
    for (const [category, market] of this.#markets) {
      if (market.question === undefined) continue;
      market.question = undefined;
      market.fault = 'the connector ended before it had answered';
      this.#ports.answered(category);
    }
  }

  told(event: InstrumentEvent): void {
    const rows = this.#markets.get(event.category)?.question?.rows;
    if (rows !== undefined && rows.size < MAX_INSTRUMENTS) rows.set(event.symbol, event);
  }

  replied({ id, ok, error, code, data }: ReplyEvent, now: MonoMs, nowMs: UnixMs): void {
    for (const [category, market] of this.#markets) {
      if (market.question?.id !== id) continue;
      const { rows } = market.question;
      market.question = undefined;
      if (ok && rows.size > 0) {
        const hasHoles = data?.['unreadable'] !== undefined && data['unreadable'] !== 0;
        // What was known of a symbol stays known while its row cannot be read.
        if (hasHoles)
          for (const [symbol, row] of market.rows ?? []) if (!rows.has(symbol)) rows.set(symbol, row);
        Object.assign(market, { rows, hasHoles, at: nowMs, fault: undefined, failures: 0, askAt: undefined });
        return this.#ports.answered(category);
      }
      if (code === 'unknown_command') {
        market.askAt = undefined;
        market.fault = 'this connector does not know the command "instruments": name the symbols one by one';
        return this.#ports.answered(category);
      }
      const why = ok ? 'the list that was told is empty' : (error ?? 'refused without a reason');
      return this.#failed(category, market, why, now);
    }
  }

  /** Somebody does not believe the list that has just come: it is asked for again. */
  doubt(category: Category, why: string, now: MonoMs): void {
    this.#failed(category, this.#of(category), why, now);
  }

  /** To be called a few times a second. */
  tick(now: MonoMs): void {
    for (const [category, market] of this.#markets) {
      if (market.question !== undefined && now >= market.question.deadline) {
        market.question = undefined;
        const seconds = Math.round(this.#policy.answerWithinMs / 1_000);
        const words = `the connector did not answer the command "instruments" within ${seconds} s (one of your own must know it, see docs/stdio-protocol.md)`;
        this.#failed(category, market, words, now);
      }
      this.#askIfDue(category, market, now);
    }
  }

  rows(category: Category): InstrumentRows | undefined {
    return this.#markets.get(category)?.rows;
  }

  hasHoles(category: Category): boolean {
    return this.#markets.get(category)?.hasHoles ?? false;
  }

  /** When the list was told; undefined before. */
  at(category: Category): UnixMs | undefined {
    return this.#markets.get(category)?.at;
  }

  /** Why the last question had no answer, in words. */
  fault(category: Category): string | undefined {
    return this.#markets.get(category)?.fault;
  }

  isAsked(category: Category): boolean {
    return this.#markets.get(category)?.question !== undefined;
  }

  facts({ category, symbol }: Instrument): InstrumentEvent | undefined {
    return this.rows(category)?.get(symbol);
  }

  #askIfDue(category: Category, market: MarketList, now: MonoMs): void {
    if (!this.#hasChild || market.question !== undefined) return;
    if (market.askAt === undefined || now < market.askAt) return;
    const id = `instruments-${this.#nextId}`;
    this.#nextId += 1;
    market.askAt = undefined;
    market.question = { id, deadline: after(now, this.#policy.answerWithinMs), rows: new Map() };
    if (this.#ports.send({ command: 'instruments', category, id })) return;
    market.question = undefined;
    this.#failed(category, market, 'the connector does not read its commands', now);
  }

  #failed(category: Category, market: MarketList, why: string, now: MonoMs): void {
    market.fault = why;
    market.askAt = after(now, backoffDelay(market.failures, this.#policy.backoff, this.#ports.random));
    market.failures += 1;
    this.#ports.answered(category);
  }

  #of(category: Category): MarketList {
    const known = this.#markets.get(category);
    if (known !== undefined) return known;
    const market: MarketList = {
      rows: undefined,
      hasHoles: false,
      at: undefined,
      fault: undefined,
      failures: 0,
      question: undefined,
      askAt: undefined,
    };
    this.#markets.set(category, market);
    return market;
  }
}
