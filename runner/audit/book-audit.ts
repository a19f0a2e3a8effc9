/**
 * The book audit: now and then one book is read whole from the exchange and held against ours (judgement.ts says how).
 *
 * Our own checks find a book that missed an update or that is crossed; a level that is wrong without a sign is found by no
 * one but this. From the moment of the question on the states of that one book are kept, until the answer could be placed
 * among them. A book that is not being audited pays nothing. Pure: time is an argument, the child is reached through ports.
 */
import type { Command } from '../../shared/commands.ts';
import type { BookCheckEvent } from '../../shared/events/market-events.ts';
import type { ReplyEvent } from '../../shared/events/process-events.ts';
import type { Logger } from '../../shared/io/log.ts';
import { type Topic, topicKey } from '../../shared/market.ts';
import { Ring } from '../../shared/ring.ts';
import type { Millis, MonoMs, UnixMs } from '../../shared/time.ts';
import type { OrderBook } from '../context/order-book.ts';
import {
  type AuditSample,
  type AuditVerdict,
  type AuditView,
  sampleOf,
  whatDiffers,
} from './audit-report.ts';
import { type AuditPace, AuditRound } from './audit-round.ts';
import { BookStates, type SequencedCopy } from './book-states.ts';
import { common, type Judgement, judge, type LevelDifference } from './judgement.ts';

export type AuditPolicy = AuditPace & {
  /** A question that nobody answers for so long counts as failed. */
  readonly answerWithinMs: Millis;
  /** A state with the answer's sequence is waited for so long. */
  readonly joinWithinMs: Millis;
  /** States of the audited book that are kept at most. */
  readonly states: number;
  /** A book that differs more often in a row, with no equal look between, waits for its turn again: other books have theirs, too. */
  readonly looksOutOfTurn: number;
};

export type AuditedBook = { readonly topic: Topic; readonly book: OrderBook };

export type BookAuditPorts = {
  /** The books that are valid at this moment. Asked once per question. */
  readonly books: (now: MonoMs) => readonly AuditedBook[];
  /** False when there is no child or it does not read. */
  readonly send: (command: Command) => boolean;
  readonly nowMs: () => UnixMs;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** The book is wrong, in words: it must not be served any more, and be fetched anew. */
  readonly onWrong: (book: AuditedBook, reason: string) => void;
};

/** A child that took so many questions and answered none of them, not even late, does not know the command. */
const SILENCE_MEANS_NO = 3;
const SAMPLES_KEPT = 20;

/** One question and what has come of it. */
type Run = AuditedBook & {
  readonly key: string;
  readonly id: string;
  readonly askedAt: MonoMs;
  readonly states: BookStates;
  check: BookCheckEvent | undefined;
  checkedAt: MonoMs;
};

/** What is remembered of a book between its audits. */
type Memory = { suspects: readonly LevelDifference[]; seq: number; wrongInRow: number };

export class BookAudit {
  readonly #policy: AuditPolicy;
  readonly #ports: BookAuditPorts;
  readonly #round: AuditRound;
  #run: Run | undefined;
  /** Only of books about which something is open, by topic key. */
  readonly #memories = new Map<string, Memory>();
  readonly #counts = { equal: 0, different: 0, unjoined: 0, failed: 0 };
  readonly #samples = new Ring<AuditSample>(SAMPLES_KEPT);
  #last: AuditView['last'] = null;
  #lastFailure: string | null = null;
  #off: string | undefined;
  #unanswered = 0;
  #wasAnswered = false;
  #nextId = 1;

  constructor(policy: AuditPolicy, ports: BookAuditPorts) {
    this.#policy = policy;
    this.#ports = ports;
    this.#round = new AuditRound(policy);
  }

  /** To be called a few times a second, while a child is ready whose data are live. */
  tick(now: MonoMs): void {
    if (this.#off !== undefined) return;
    if (this.#run !== undefined) return this.#look(this.#run, now);
    if (this.#round.isDue(now)) this.#ask(now);
  }

  /** A whole book as the exchange has it. One that was not asked for, or that comes too late, says nothing. */
  check(event: BookCheckEvent, now: MonoMs): void {
    this.#answers();
    const run = this.#run;
    if (run === undefined || run.check !== undefined || !isOf(event, run.topic)) return;
    run.check = event;
    run.checkedAt = now;
  }

  /** A reply of the child; false when it answers no question of ours. */
  replied({ id, ok, error, code }: ReplyEvent, now: MonoMs): boolean {
    if (!id.startsWith('audit-')) return false;
    const run = this.#run;
    const isUnknown = !ok && code === 'unknown_command';
    if (!isUnknown) this.#answers();
    if (isUnknown) this.#turnOff(error ?? 'it does not know the command read_book');
    // Too late to say anything of a book.
    else if (run?.id !== id) return true;
    else if (!ok) this.#failed(run, error ?? 'refused without a reason');
    else if (run.check === undefined) this.#failed(run, 'the connector answered without a book');
    else this.#look(run, now);
    return true;
  }

  /** Nobody answers any more. The next child tells its books anew, and may know what this one did not. */
  childEnded(): void {
    this.#end();
    this.#memories.clear();
    this.#off = undefined;
    this.#unanswered = 0;
    this.#wasAnswered = false;
  }

  view(): AuditView {
    const samples: AuditSample[] = [];
    for (let back = 0; back < this.#samples.length; back += 1) {
      const sample = this.#samples.newest(back);
      if (sample !== undefined) samples.push(sample);
    }
    return {
      off: this.#off ?? null,
      counts: { ...this.#counts },
      last: this.#last,
      lastFailure: this.#lastFailure,
      samples,
    };
  }

  #ask(now: MonoMs): void {
    const books = new Map<string, AuditedBook>();
    for (const one of this.#ports.books(now))
      if (one.book.seq !== undefined) books.set(topicKey(one.topic), one);
    const key = this.#round.take([...books.keys()], now);
    const chosen = key === undefined ? undefined : books.get(key);
    if (key === undefined || chosen === undefined) return;
    const id = `audit-${this.#nextId}`;
    this.#nextId += 1;
    const { topic, book } = chosen;
    const { category, symbol, depth = 50 } = topic;
    const states = new BookStates(this.#policy.states, depth);
    const run: Run = { ...chosen, key, id, askedAt: now, states, check: undefined, checkedAt: now };
    this.#run = run;
    book.watch((state) => (state === undefined ? states.clear() : states.add(state)));
    if (!this.#ports.send({ command: 'read_book', category, symbol, depth, id }))
      this.#failed(run, 'the connector does not take commands');
  }

  /** What can be said by now. */
  #look(run: Run, now: MonoMs): void {
    const { check, topic } = run;
    const { answerWithinMs, joinWithinMs } = this.#policy;
    if (check === undefined) {
      if (now - run.askedAt >= answerWithinMs) this.#silent(run);
      return;
    }
    const depth = Math.min(topic.depth ?? 50, check.depth);
    const judgement = judge(run.states.list(), check, depth, now - run.checkedAt >= joinWithinMs);
    if (judgement === undefined) return;
    this.#end();
    this.#judged(run, check, judgement, now);
  }

  #judged(run: Run, check: BookCheckEvent, judgement: Judgement, now: MonoMs): void {
    const { key } = run;
    const memory = this.#memories.get(key);
    switch (judgement.kind) {
      case 'equal':
        this.#memories.delete(key);
        return this.#count(run, 'equal');
      case 'different':
        return this.#wrong(run, check, { ...judgement, proof: 'same_seq' }, now);
      case 'unjoined': {
        const isNewer = memory !== undefined && check.seq > memory.seq;
        const twice = isNewer ? common(judgement.suspects, memory.suspects) : [];
        if (twice.length > 0 && judgement.ours !== undefined)
          return this.#wrong(
            run,
            check,
            { differences: twice, ours: judgement.ours, proof: 'twice_wrong' },
            now,
          );
        this.#remember(key, judgement.suspects, check.seq);
        if (judgement.suspects.length > 0) this.#round.again(key, now);
        return this.#count(run, 'unjoined');
      }
    }
  }

  #wrong(
    run: Run,
    check: BookCheckEvent,
    found: Pick<AuditSample, 'proof' | 'differences'> & { readonly ours: SequencedCopy },
    now: MonoMs,
  ): void {
    const { topic, key } = run;
    const { differences } = found;
    const sample = sampleOf({ at: this.#ports.nowMs(), topic, check, ...found });
    this.#samples.push(sample);
    this.#count(run, 'different');
    const wrongInRow = (this.#memories.get(key)?.wrongInRow ?? 0) + 1;
    this.#memories.set(key, { suspects: [], seq: check.seq, wrongInRow });
    this.#ports.log.warn(
      { event: 'book_audit_mismatch', ...sample },
      `${key} differs from the exchange's book on ${differences.length} levels (${whatDiffers(differences[0])}): it is fetched anew`,
    );
    if (wrongInRow <= this.#policy.looksOutOfTurn) this.#round.again(key, now);
    this.#ports.onWrong(run, `the exchange's own book is different (audit, ${whatDiffers(differences[0])})`);
  }

  #remember(key: string, suspects: readonly LevelDifference[], seq: number): void {
    const wrongInRow = this.#memories.get(key)?.wrongInRow ?? 0;
    if (suspects.length === 0 && wrongInRow === 0) this.#memories.delete(key);
    else this.#memories.set(key, { suspects, seq, wrongInRow });
  }

  #silent(run: Run): void {
    this.#unanswered += 1;
    this.#failed(run, 'the connector did not answer');
    if (!this.#wasAnswered && this.#unanswered >= SILENCE_MEANS_NO)
      this.#turnOff('it never answered read_book');
  }

  /** Whatever it says and however late: the child knows the command. */
  #answers(): void {
    this.#wasAnswered = true;
    this.#off = undefined;
  }

  #failed(run: Run, why: string): void {
    this.#end();
    this.#lastFailure = why;
    this.#count(run, 'failed');
  }

  #turnOff(why: string): void {
    if (this.#off !== undefined) return;
    this.#end();
    this.#off = `the connector cannot read books for a comparison: ${why}`;
    this.#ports.log.info(
      { event: 'book_audit_off' },
      `${this.#off}; books are checked by their update ids alone`,
    );
  }

  #count(run: Run, verdict: AuditVerdict): void {
    this.#counts[verdict] += 1;
    this.#last = { topic: run.topic, at: this.#ports.nowMs(), verdict };
  }

  #end(): void {
    this.#run?.book.unwatch();
    this.#run = undefined;
  }
}

function isOf(event: BookCheckEvent, { category, symbol }: Topic): boolean {
  return event.category === category && event.symbol === symbol;
}
