/** A desk of symbols without a child: it hears what a test says, and what it wants is written down. */
import { nothingSaved, type SavedSymbols } from '../../runner/symbols/saved-symbols.ts';
import { type SymbolChange, SymbolDesk } from '../../runner/symbols/symbol-desk.ts';
import type { Command } from '../../shared/commands.ts';
import type { InstrumentEvent } from '../../shared/events/market-events.ts';
import type { ReplyEvent } from '../../shared/events/process-events.ts';
import { type Category, topicKey } from '../../shared/market.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { readSubscriptions, readSymbols } from '../../shared/settings/topics.ts';
import { VirtualClock } from './virtual-clock.ts';

export type DeskOptions = {
  readonly symbols?: string;
  readonly subscriptions?: string;
  readonly saved?: SavedSymbols;
  readonly maxTopics?: number;
  readonly needsTickSizes?: boolean;
};

export class DeskWorld {
  readonly clock = new VirtualClock();
  readonly sent: Command[] = [];
  readonly wanted = new Set<string>();
  readonly calls: string[] = [];
  readonly changes: SymbolChange[] = [];
  readonly failures: string[] = [];
  readonly desk: SymbolDesk;
  saved: SavedSymbols | undefined;
  /** The child does not read. */
  isDeaf = false;

  constructor({ symbols = 'BTCUSDT', subscriptions = 'trades', saved, ...more }: DeskOptions = {}) {
    const findings = { problems: [] as string[], warnings: [] as string[] };
    const wishes = readSymbols([{ name: 'SYMBOLS', text: symbols }], 'linear', findings);
    const read = readSubscriptions({ name: 'SUBSCRIPTIONS', text: subscriptions }, findings);
    if (findings.problems.length > 0) throw new Error(findings.problems.join());
    this.desk = new SymbolDesk(
      {
        ...wishes,
        subscriptions: read,
        policy: scaledPolicy(1).symbols,
        ...more,
      },
      saved ?? nothingSaved,
      {
        clock: this.clock,
        random: () => 0.5,
        send: (command) => {
          if (!this.isDeaf) this.sent.push(command);
          return !this.isDeaf;
        },
        want: (topic) => {
          this.wanted.add(topicKey(topic));
          this.calls.push(`+${topicKey(topic)}`);
        },
        unwant: (topic) => {
          this.wanted.delete(topicKey(topic));
          this.calls.push(`-${topicKey(topic)}`);
        },
        save: (what) => {
          this.saved = what;
        },
        changed: (change) => this.changes.push(change),
        failed: (category, reason, using) => this.failures.push(`${category} ${using}: ${reason}`),
      },
    );
    for (const key of this.desk.topics.keys()) this.wanted.add(key);
  }

  /** The child tells the list of a market, as answer to the newest question. */
  tell(
    category: Category,
    symbols: Readonly<Record<string, number | undefined>>,
    more: object = {},
    data: Readonly<Record<string, unknown>> = {},
  ): this {
    for (const [symbol, turnover] of Object.entries(symbols))
      this.desk.told(row(category, symbol, turnover, more));
    return this.answer({ ok: true, data });
  }

  answer(reply: Pick<ReplyEvent, 'ok' | 'error' | 'code' | 'data'>): this {
    const id = String(this.sent.findLast(({ command }) => command === 'instruments')?.id);
    this.desk.replied({ type: 'reply', id, ...reply });
    return this;
  }

  pass(ms: number): this {
    this.clock.advance(ms);
    this.desk.tick();
    return this;
  }
}

export function row(
  category: Category,
  symbol: string,
  turnover: number | undefined,
  more: Partial<InstrumentEvent> = {},
): InstrumentEvent {
  return {
    type: 'instrument',
    category,
    symbol,
    status: 'trading',
    base: symbol.slice(0, 3),
    quote: 'USDT',
    tick_size: '0.1',
    qty_step: '0.001',
    ...(turnover === undefined ? {} : { turnover_24h: turnover }),
    ...more,
  };
}
