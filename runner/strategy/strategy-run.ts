/**
 * Inside the worker: calls the handlers of one strategy and collects what they answer.
 *
 * A handler that throws costs its own event only. Whatever it returns is looked at as if a stranger had written it, which
 * is the case: only valid signals leave, everything else is counted with a reason. An event that a handler answers with nothing but
 * nonsense went as wrong for it as one at which it throws.
 */

import { describeIssues } from '../../shared/describe-issues.ts';
import type { Instrument } from '../../shared/market.ts';
import { InstrumentMap } from '../intake/instrument-map.ts';
import type {
  Market,
  Signal,
  Strategy,
  StrategyCandle,
  StrategyGap,
  StrategyGate,
  TopOfBook,
} from './api.ts';
import { strategyKline, strategyLiquidation, strategyTicker } from './channel-views.ts';
import {
  type BatchAnswer,
  type BookMessage,
  type CandleMessage,
  type GapMessage,
  type GateMessage,
  MAX_SIGNALS,
  type StrategyMessage,
  signalSchema,
} from './messages.ts';
import { tradeTick } from './trade-tick.ts';

const UNKNOWN_BOOK: TopOfBook = { valid: false, ts: null, bid: null, bidQty: null, ask: null, askQty: null };

type MutableMarket = { -readonly [K in keyof Market]: Market[K] };

export class StrategyRun {
  readonly #strategy: Strategy;
  readonly #file: string;
  readonly #markets = new InstrumentMap<MutableMarket>();
  #signals: Signal[] = [];
  #surplus = 0;
  #withheld = 0;
  /** Until it is told of a gate there is none. */
  #gate: StrategyGate = { open: true, reasons: [] };
  #invalid = 0;
  #invalidReason: string | null = null;
  #errors = 0;
  #errorsInARow = 0;
  #lastError: string | null = null;
  #lastInARow: string | null = null;

  /** `file` is the strategy's, to find the place of an error. */
  constructor(strategy: Strategy, file: string) {
    this.#strategy = strategy;
    this.#file = file;
  }

  /** Calls the handler of one event. Never throws. */
  deliver(message: StrategyMessage): void {
    try {
      if (!this.#collect(this.#call(message))) this.#wentWrong(this.#invalidReason);
      // What nobody handles went well for nobody: the timer of each second would hide that every trade throws.
      else if (this.#strategy[handlers[message.kind]] !== undefined) this.#wentWell();
    } catch (error) {
      this.#errors += 1;
      this.#lastError = describeError(error, this.#file);
      this.#wentWrong(this.#lastError);
    }
  }

  /** What came of the events since the last answer. */
  answer(batch: number): BatchAnswer {
    const answer: BatchAnswer = {
      kind: 'answer',
      batch,
      signals: this.#signals,
      surplus: this.#surplus,
      withheld: this.#withheld,
      invalid: this.#invalid,
      invalidReason: this.#invalidReason,
      errors: this.#errors,
      errorsInARow: this.#errorsInARow,
      lastError: this.#lastError,
      lastInARow: this.#lastInARow,
    };
    this.#signals = [];
    this.#surplus = 0;
    this.#withheld = 0;
    this.#invalid = 0;
    this.#invalidReason = null;
    this.#errors = 0;
    this.#lastError = null;
    return answer;
  }

  #call(message: StrategyMessage): unknown {
    switch (message.kind) {
      case 'trade': {
        const market = this.#marketOf(message);
        market.origin = message.origin;
        return this.#strategy.onTrade?.(tradeTick(message), market);
      }
      case 'book': {
        const market = this.#marketOf(message);
        market.book = topOfBook(message);
        return this.#strategy.onBook?.(market.book, market);
      }
      case 'candle':
        return this.#strategy.onCandle?.(strategyCandle(message), this.#marketOf(message.candle));
      case 'kline':
        return this.#strategy.onKline?.(strategyKline(message), this.#marketOf(message));
      case 'ticker':
        return this.#strategy.onTicker?.(strategyTicker(message), this.#marketOf(message));
      case 'liquidation':
        return this.#strategy.onLiquidation?.(strategyLiquidation(message), this.#marketOf(message));
      case 'gap':
        return this.#strategy.onGap?.(strategyGap(message));
      case 'gate':
        this.#gate = strategyGate(message);
        return this.#strategy.onGate?.(this.#gate);
      case 'timer':
        return this.#strategy.onTimer?.(new Date(message.at));
    }
  }

  #marketOf({ category, symbol }: Instrument): MutableMarket {
    const known = this.#markets.get({ category, symbol });
    if (known !== undefined) {
      known.gate = this.#gate;
      return known;
    }
    const gate = this.#gate;
    const market: MutableMarket = { category, symbol, origin: 'live', book: UNKNOWN_BOOK, gate };
    this.#markets.set(market, market);
    return market;
  }

  #wentWell(): void {
    this.#errorsInARow = 0;
    this.#lastInARow = null;
  }

  #wentWrong(why: string | null): void {
    this.#errorsInARow += 1;
    this.#lastInARow = why;
  }

  /** Answers false when there was something, and nothing of it is a signal. */
  #collect(returned: unknown): boolean {
    if (returned === undefined || returned === null) return true;
    if (returned instanceof Promise) {
      returned.catch(() => {});
      throw new TypeError('a handler answered with a promise; handlers must be synchronous');
    }
    if (!Array.isArray(returned)) return this.#keep(returned);
    let isGood = returned.length === 0;
    for (const one of returned) isGood = this.#keep(one) || isGood;
    return isGood;
  }

  /** Answers false when it is no signal. Nobody looks at what is too much. */
  #keep(returned: unknown): boolean {
    if (this.#signals.length >= MAX_SIGNALS) {
      this.#surplus += 1;
      return true;
    }
    const parsed = signalSchema.safeParse(returned);
    if (parsed.success && !this.#gate.open) this.#withheld += 1;
    else if (parsed.success) this.#signals.push(parsed.data);
    else {
      this.#invalid += 1;
      this.#invalidReason = `not a signal: ${describeIssues(parsed.error.issues)}`.slice(0, 1_000);
    }
    return parsed.success;
  }
}

const handlers = {
  trade: 'onTrade',
  book: 'onBook',
  candle: 'onCandle',
  kline: 'onKline',
  ticker: 'onTicker',
  liquidation: 'onLiquidation',
  gap: 'onGap',
  gate: 'onGate',
  timer: 'onTimer',
} as const satisfies Readonly<Record<StrategyMessage['kind'], keyof Strategy>>;

/** "TypeError: x is not a function (/srv/strategies/my-strategy.ts:12:5)" */
export function describeError(error: unknown, file: string): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`.slice(0, 1_000);
  const frames = (error.stack ?? '').split('\n').filter((line) => /:\d+:\d+\)?$/.test(line));
  const frame = frames.find((line) => line.includes(file)) ?? frames[0];
  const place = /(?:file:\/\/)?([^\s()]+:\d+:\d+)\)?$/.exec(frame ?? '')?.[1];
  return `${error.name}: ${error.message.slice(0, 900)}${place === undefined ? '' : ` (${place})`}`;
}

function topOfBook({ top }: BookMessage): TopOfBook {
  return {
    valid: top.valid,
    ts: top.timestamp === null ? null : new Date(top.timestamp),
    bid: top.bid,
    bidQty: top.bid_qty,
    ask: top.ask,
    askQty: top.ask_qty,
  };
}

function strategyCandle({ candle }: CandleMessage): StrategyCandle {
  const { timeframe, open, high, low, close, volume, turnover, count, complete, revision } = candle;
  return {
    timeframe,
    start: new Date(candle.start),
    open,
    high,
    low,
    close,
    volume,
    turnover,
    count,
    buyVolume: candle.buy_volume,
    sellVolume: candle.sell_volume,
    complete,
    revision,
  };
}

function strategyGate({ open, reasons }: GateMessage): StrategyGate {
  return {
    open,
    reasons: reasons.map(({ code, topic, since, words }) => ({ code, topic, since: new Date(since), words })),
  };
}

function strategyGap({ kind: _kind, from, to, ...gap }: GapMessage): StrategyGap {
  return {
    ...gap,
    from: from === null ? null : new Date(from),
    to: to === null ? null : new Date(to),
  };
}
