/** What the app does for its books beyond applying them: a wrong one is fetched anew, and now and then one is audited. */
import type { BookCheckEvent } from '../shared/events/market-events.ts';
import type { ReplyEvent } from '../shared/events/process-events.ts';
import type { Topic } from '../shared/market.ts';
import type { MonoMs } from '../shared/time.ts';
import type { AppConfig, AppPorts } from './app-ports.ts';
import type { AuditView } from './audit/audit-report.ts';
import { type AuditedBook, BookAudit } from './audit/book-audit.ts';
import { BookRenewals } from './book-renewals.ts';
import type { Context } from './context/context.ts';
import type { BookBreak } from './context/order-book.ts';
import type { Subscriber } from './subscriber.ts';

export type AppBooksPorts = Pick<AppPorts, 'clock' | 'log' | 'send' | 'flight'> & {
  readonly context: () => Context;
  readonly subscriber: Pick<Subscriber, 'renew'>;
  readonly healthChanged: () => void;
};

export class AppBooks {
  readonly #ports: AppBooksPorts;
  readonly #renewals: BookRenewals;
  readonly #audit: BookAudit;

  constructor({ policy }: Pick<AppConfig, 'policy'>, ports: AppBooksPorts) {
    this.#ports = ports;
    this.#renewals = new BookRenewals({
      backoff: policy.connection.backoff,
      forgetAfterMs: policy.supervisor.stableAfterMs,
    });
    this.#audit = new BookAudit(policy.audit, {
      books: (now) => this.#validBooks(now),
      send: ports.send,
      nowMs: ports.clock.unixMs,
      log: ports.log,
      onWrong: (audited, reason) => this.#wrong(audited, reason),
    });
  }

  /** Our own check found a book wrong. */
  broken(topic: Topic, code: BookBreak, reason: string): void {
    this.#renew(topic, code, reason);
  }

  /** `isLive`: a child is ready, and what it tells happens now. */
  tick(now: MonoMs, isLive: boolean): void {
    const isValid = (topic: Topic): boolean =>
      this.#ports.context().bookOf(topic, 0, now, topic.depth ?? 50)?.valid ?? false;
    for (const topic of this.#renewals.due(now, isValid)) this.#ports.subscriber.renew(topic);
    if (isLive) this.#audit.tick(now);
  }

  check(event: BookCheckEvent, now: MonoMs): void {
    this.#audit.check(event, now);
  }

  /** False when the reply answers something else than a question of the audit. */
  replied(event: ReplyEvent, now: MonoMs): boolean {
    return this.#audit.replied(event, now);
  }

  forget(topic: Topic): void {
    this.#renewals.forget(topic);
  }

  childEnded(): void {
    this.#renewals.childEnded();
    this.#audit.childEnded();
  }

  audit(): AuditView {
    return this.#audit.view();
  }

  /** The topic loses its book as at a resync, so that its phase and with it everything that is told of it says so, too. */
  #wrong({ topic, book }: AuditedBook, reason: string): void {
    const feed = this.#ports.context().instrument(topic)?.depthFeed(topic.depth);
    // Given up meanwhile, and perhaps wanted again: that is another book.
    if (feed?.book !== book) return;
    feed.lost(reason);
    this.#renew(topic, 'book_differs', reason);
  }

  #renew(topic: Topic, code: BookBreak | 'book_differs', reason: string): void {
    const waitMs = this.#renewals.broken(topic, this.#ports.clock.monoMs());
    if (waitMs !== undefined) {
      const words =
        waitMs === 0 ? 'the book is fetched anew' : 'the book broke again, and is fetched anew later';
      this.#ports.log.warn({ event: code, topic, reason, waitMs }, words);
      this.#ports.flight?.fault(code, { topic, reason });
    }
    if (waitMs === 0) this.#ports.subscriber.renew(topic);
    this.#ports.healthChanged();
  }

  #validBooks(now: MonoMs): readonly AuditedBook[] {
    const context = this.#ports.context();
    return context.books(now).flatMap(({ valid, category, symbol, depth }) => {
      const feed = valid ? context.instrument({ category, symbol })?.depthFeed(depth) : undefined;
      return feed?.book === undefined ? [] : [{ topic: feed.topic, book: feed.book }];
    });
  }
}
