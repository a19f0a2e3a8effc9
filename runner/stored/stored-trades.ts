/**
 * Questions to stored history: each is a child that reads and ends, some at a time, a few more wait, and none is waited for without end.
 * The feed has no part in it.
 */
import type { Result } from '../../shared/errors.ts';
import { rowsLineSchema } from '../../shared/events/history-events.ts';
import type { HistoryPolicy } from '../../shared/history-policy.ts';
import { ROWS_MAX, type RowsRequest } from '../../shared/history-request.ts';
import type { Millis } from '../../shared/time.ts';
import type { HistoryChild, HistoryChildHandlers } from '../backfill/ports.ts';
import type { StoreAnswer, StoredRow } from './range.ts';

export type StoredPorts = {
  readonly policy: HistoryPolicy['stored'];
  /** What was told before the call is in the files when it answers. False: nothing is stored of that instrument. */
  readonly prepare: (request: RowsRequest) => Promise<boolean>;
  readonly start: (request: RowsRequest, handlers: HistoryChildHandlers) => HistoryChild;
  /** Calls back once; answers how to cancel that. */
  readonly after: (ms: Millis, ring: () => void) => () => void;
};

/** `message` says what is wrong and what to do. */
export type StoredFailure = {
  readonly code: 'history_busy' | 'history_slow' | 'history_failed';
  readonly message: string;
};

type Answer = Result<StoreAnswer, StoredFailure>;
type Question = {
  readonly request: RowsRequest;
  readonly answer: (answer: Answer) => void;
  child: HistoryChild | undefined;
  isOver: boolean;
};

export class StoredTrades {
  readonly #ports: StoredPorts;
  readonly #running = new Set<Question>();
  readonly #waiting = new Set<Question>();
  #isStopped = false;

  constructor(ports: StoredPorts) {
    this.#ports = ports;
  }

  ask(request: RowsRequest): Promise<Answer> {
    const { atOnce, waiting, answerWithinMs } = this.#ports.policy;
    if (this.#isStopped) return Promise.resolve(failed('the runner is stopping'));
    if (this.#running.size >= atOnce && this.#waiting.size >= waiting)
      return Promise.resolve(
        refused(
          'history_busy',
          `${this.#running.size} questions to stored history are under way and ${this.#waiting.size} wait: ask again in some seconds, one page after another`,
        ),
      );
    return new Promise((resolve) => {
      const cancel = this.#ports.after(answerWithinMs, () => {
        const seconds = Math.round(answerWithinMs / 1_000);
        question.answer(
          refused(
            'history_slow',
            `stored history did not answer within ${seconds} s: ask for a shorter range, or when the machine has less to do`,
          ),
        );
        question.child?.stop();
        this.#waiting.delete(question);
      });
      const question: Question = {
        request,
        child: undefined,
        isOver: false,
        answer: (answer) => {
          cancel();
          question.isOver = true;
          resolve(answer);
        },
      };
      if (this.#running.size < atOnce) this.#begin(question);
      else this.#waiting.add(question);
    });
  }

  /** Ends what is under way. */
  stop(): void {
    this.#isStopped = true;
    for (const question of [...this.#waiting, ...this.#running]) {
      question.answer(failed('the runner is stopping'));
      question.child?.stop();
    }
    this.#waiting.clear();
  }

  #begin(question: Question): void {
    this.#running.add(question);
    void this.#ports.prepare(question.request).then(
      (isStored) => {
        if (isStored && !question.isOver) return this.#read(question);
        const { to } = question.request;
        this.#end(question, {
          ok: true,
          value: { rows: [], more: false, about: { from: to, to }, missing: [] },
        });
      },
      (error: unknown) => this.#end(question, failed(error instanceof Error ? error.message : String(error))),
    );
  }

  #read(question: Question): void {
    const reader = new AnswerReader();
    question.child = this.#ports.start(question.request, {
      onLine: (line) => {
        if (!reader.onLine(line)) question.child?.stop();
      },
      onEnd: (failure) => this.#end(question, reader.answer(failure)),
    });
  }

  #end(question: Question, answer: Answer): void {
    question.answer(answer);
    this.#running.delete(question);
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    this.#begin(next);
  }
}

/** The lines of one child. */
class AnswerReader {
  readonly #rows: StoredRow[] = [];
  #end: Omit<StoreAnswer, 'rows'> | undefined;
  #complaint: string | undefined;

  /** False: it is of no use to read on. */
  onLine(line: string): boolean {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return this.#wrong('no JSON');
    }
    const parsed = rowsLineSchema.safeParse(value);
    if (!parsed.success) return this.#wrong(parsed.error.issues[0]?.message ?? 'of another shape');
    const event = parsed.data;
    switch (event.type) {
      case 'trade':
        this.#rows.push(event);
        // Those of one millisecond may be more than were asked for.
        return this.#rows.length <= 2 * ROWS_MAX || this.#wrong('more trades than were asked for');
      case 'history_rows': {
        const { from, to, more, missing, rows } = event;
        if (rows !== this.#rows.length)
          return this.#wrong(`${rows} trades of which ${this.#rows.length} came`);
        this.#end = { more, about: { from, to }, missing };
        return true;
      }
      case 'error':
        this.#complaint ??= event.error;
        return true;
    }
  }

  #wrong(what: string): false {
    this.#complaint ??= `the history program told something that nobody understands (${what.slice(0, 200)})`;
    return false;
  }

  answer(failure: string | null): Answer {
    const why = this.#complaint ?? failure;
    if (why !== null) return failed(why);
    if (this.#end === undefined) return failed('the history program ended without an answer');
    return { ok: true, value: { ...this.#end, rows: this.#rows } };
  }
}

function refused(
  code: StoredFailure['code'],
  message: string,
): { readonly ok: false; readonly failure: StoredFailure } {
  return { ok: false, failure: { code, message } };
}

function failed(why: string): { readonly ok: false; readonly failure: StoredFailure } {
  const advice =
    'the log has more; what memory holds can be asked for alone; see 48 in docs/troubleshooting.md';
  return refused('history_failed', `stored history cannot be read: ${why} (${advice})`);
}
