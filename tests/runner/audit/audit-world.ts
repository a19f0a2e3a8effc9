/** An audit with a real book, a child that answers as the test says, and a clock that the test moves. */
import { BookAudit, type BookAuditPorts } from '../../../runner/audit/book-audit.ts';
import { OrderBook } from '../../../runner/context/order-book.ts';
import type { Command } from '../../../shared/commands.ts';
import type { BookCheckEvent, DepthEvent } from '../../../shared/events/market-events.ts';
import type { ReplyEvent } from '../../../shared/events/process-events.ts';
import type { Level, Topic } from '../../../shared/market.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';
import { bitcoin, depth, T0 } from '../intake/events.ts';

type Sides = { readonly bids: readonly Level[]; readonly asks: readonly Level[] };

export function bookCheck(
  seq: number,
  { bids, asks }: Sides,
  more: Partial<BookCheckEvent> = {},
): BookCheckEvent {
  return { type: 'book_check', ...bitcoin, timestamp: T0, depth: 50, bids, asks, seq, ...more };
}

export class AuditWorld {
  readonly policy = scaledPolicy(1).audit;
  readonly clock = new VirtualClock();
  readonly books: { readonly topic: Topic; readonly book: OrderBook }[] = [];
  readonly asked: Extract<Command, { command: 'read_book' }>[] = [];
  readonly wrong: string[] = [];
  readonly logged: string[] = [];
  readonly audit: BookAudit;
  /** Does the child take commands? */
  reads = true;

  constructor() {
    const log: BookAuditPorts['log'] = {
      info: (fields: { readonly event: string }) => void this.logged.push(fields.event),
      warn: (fields: { readonly event: string }) => void this.logged.push(fields.event),
    };
    this.audit = new BookAudit(this.policy, {
      books: () => this.books.filter(({ book }) => book.state.kind === 'valid'),
      send: (command) => {
        if (this.reads && command.command === 'read_book') this.asked.push(command);
        return this.reads;
      },
      nowMs: this.clock.unixMs,
      log,
      onWrong: ({ topic, book }, reason) => {
        this.wrong.push(`${topic.symbol} ${reason}`);
        book.invalidate(reason);
      },
    });
  }

  /** A followed book with one level a side. */
  follow(symbol = 'BTCUSDT', levels = 50): OrderBook {
    const topic = { channel: 'depth', category: 'linear', symbol, depth: levels } as Topic;
    const book = new OrderBook(levels);
    this.books.push({ topic, book });
    this.apply(book, { last_update_id: 1, seq: 100 });
    return book;
  }

  apply(book: OrderBook, frame: Partial<DepthEvent>): void {
    book.apply(depth(frame));
  }

  tick(): void {
    this.audit.tick(this.clock.monoMs());
  }

  /** Lets time pass, as many ticks as it takes. */
  pass(ms: number): this {
    for (let left = ms; left > 0; left -= 100) {
      this.clock.advance(Math.min(100, left));
      this.tick();
    }
    return this;
  }

  /** Until the next question. */
  untilAsked(): this {
    const before = this.asked.length;
    for (let ticks = 0; this.asked.length === before; ticks += 1) {
      if (ticks > 10_000) throw new Error('nothing is asked');
      this.pass(100);
    }
    return this;
  }

  /** What the child answers to the newest question. */
  answer(check: BookCheckEvent | undefined, reply: Partial<ReplyEvent> = {}): this {
    const id = String(this.asked.at(-1)?.id);
    if (check !== undefined) this.audit.check(check, this.clock.monoMs());
    this.audit.replied({ type: 'reply', id, ok: true, ...reply }, this.clock.monoMs());
    return this;
  }

  get counts() {
    return this.audit.view().counts;
  }
}
