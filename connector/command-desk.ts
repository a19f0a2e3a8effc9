/**
 * Takes commands and gives each one with an id exactly one reply: at once for what we know, and for a subscription when the
 * exchange has answered. A later command for the same topic supersedes an earlier one, which then gets its answer, too.
 */
import { type Command, commandId, type TopicCommand } from '../shared/commands.ts';
import type { ErrorCode, Failure, Result } from '../shared/errors.ts';
import type { UnnumberedEvent } from '../shared/events/event.ts';
import { type Category, type Topic, topicKey } from '../shared/market.ts';
import type { UnixMs } from '../shared/time.ts';
import { decodeCommand } from '../shared/wire.ts';
import { type AskedByCommand, type Told, tellBook, tellInstruments } from './rest/told-answers.ts';
import type { Outcome } from './session/subscriptions/subscriptions.ts';
import { decodeStreamTopic, type GoesOn } from './stream-commands.ts';

export type CommandDeskPorts = {
  readonly emit: (event: UnnumberedEvent) => void;
  readonly nowMs: () => UnixMs;
  readonly isActive: (topic: Topic) => boolean;
  /** `goesOn`: what is said of where an earlier connector had ended with the topic. */
  readonly want: (topic: Topic, goesOn: GoesOn) => void;
  readonly unwant: (topic: Topic) => void;
  readonly stats: () => Record<string, unknown>;
  readonly shutdown: () => void;
  /** Absent where there is no flight recorder. */
  readonly dump?: ((reason: string) => Promise<Result<{ readonly file: string }>>) | undefined;
  /** Absent where nobody can be asked: a replay. */
  readonly asked?: AskedPorts | undefined;
};

/** For commands whose answer the exchange's REST interface has. */
export type AskedPorts = {
  readonly rest: AskedByCommand;
  /** As `emit`, but a reply never overtakes the events that were told before it. */
  readonly emitInTurn: (event: UnnumberedEvent) => void;
  /** The reader is so slow that nothing more can be kept for it. */
  readonly isOverloaded: () => boolean;
};

/** Commands that wait for an answer of the REST interface; one more is refused. */
const MAX_QUESTIONS = 100;

type Waiting = { readonly id: string; readonly wish: 'subscribe' | 'unsubscribe' };
const stopping: Failure = { code: 'bad_command', message: 'the connector is stopping' };

export class CommandDesk {
  readonly #defaultCategory: Category;
  readonly #ports: CommandDeskPorts;
  readonly #waiting = new Map<string, Waiting[]>();
  /** The ids (undefined: without one) of commands that wait for an answer of the REST interface. */
  readonly #questions = new Set<{ readonly id: string | undefined }>();
  #isStopping = false;
  /** Commands that could not be understood. */
  bad = 0;

  constructor(defaultCategory: Category, ports: CommandDeskPorts) {
    this.#defaultCategory = defaultCategory;
    this.#ports = ports;
  }

  /** A value that came in on stdin. */
  take(value: unknown): void {
    const decoded = decodeCommand(value);
    // A runner that stops a child because of a fault asks for a dump and stops it in one breath.
    const isDump = decoded.ok && decoded.value.command === 'dump';
    if (this.#isStopping && !isDump) return this.#reply(commandId(value), stopping);
    if (decoded.ok) return this.#obey(decoded.value);
    this.bad += 1;
    this.#reply(commandId(value), decoded.failure);
  }

  /** Something on stdin that could not even be read as a value. */
  unreadable(reason: string, code: ErrorCode = 'bad_command'): void {
    this.#ports.emit({
      type: 'error',
      error: `command: ${reason}`,
      code,
      retryable: false,
      at: this.#ports.nowMs(),
    });
  }

  /** The exchange has answered: whoever asked hears of it. */
  settled(outcome: Outcome): void {
    if (outcome.kind === 'unanswered') return;
    const key = topicKey(outcome.topic);
    const list = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    for (const { id, wish } of list) {
      if (outcome.kind === 'refused') this.#reply(id, { code: 'topic_refused', message: outcome.message });
      else if (outcome.kind === 'unsubscribed' && wish === 'subscribe') this.#await(outcome.topic, id, wish);
      else this.#reply(id, undefined);
    }
  }

  /** Nothing is obeyed any more: whoever still waits hears of it, and so does whoever comes later. */
  stop(): void {
    this.#isStopping = true;
    for (const list of this.#waiting.values()) for (const { id } of list) this.#reply(id, stopping);
    this.#waiting.clear();
    for (const { id } of this.#questions) if (id !== undefined) this.#reply(id, stopping);
    this.#questions.clear();
  }

  #obey(command: Command): void {
    const id = command.id === undefined ? undefined : String(command.id);
    switch (command.command) {
      case 'instruments':
      case 'read_book':
        return this.#question(command, id);
      case 'dump':
        return this.#dump(command);
      case 'ping':
        return this.#reply(id, undefined);
      case 'stats':
        return this.#reply(id, undefined, this.#ports.stats());
      case 'shutdown':
        this.#reply(id, undefined);
        return this.#ports.shutdown();
      case 'subscribe':
      case 'unsubscribe':
        return this.#wish(command, id);
    }
  }

  #question(
    command: Extract<Command, { command: 'instruments' | 'read_book' }>,
    id: string | undefined,
  ): void {
    const { asked, nowMs } = this.#ports;
    const { category = this.#defaultCategory } = command;
    if (asked === undefined) return this.#reply(id, unknown(command));
    if (this.#questions.size >= MAX_QUESTIONS)
      return this.#reply(id, {
        code: 'requests_full',
        message: `${MAX_QUESTIONS} commands wait for the exchange already; ask again when one is answered`,
      });
    const question = { id };
    this.#questions.add(question);
    const answer =
      command.command === 'instruments'
        ? tellInstruments(asked.rest, category, nowMs)
        : tellBook(asked.rest, { category, symbol: command.symbol }, command.depth ?? 50);
    void answer.then((told) => {
      // Who was told already that we are stopping hears nothing more.
      if (this.#questions.delete(question)) this.#answer(asked, id, told);
    });
  }

  #dump(command: Extract<Command, { command: 'dump' }>): void {
    const { dump } = this.#ports;
    const id = command.id === undefined ? undefined : String(command.id);
    if (dump === undefined) return this.#reply(id, unknown(command));
    void dump(command.reason ?? 'asked').then((written) =>
      this.#reply(id, written.ok ? undefined : written.failure, written.ok ? written.value : undefined),
    );
  }

  #answer({ emitInTurn, isOverloaded }: AskedPorts, id: string | undefined, told: Result<Told>): void {
    if (!told.ok) return this.#reply(id, told.failure);
    if (isOverloaded())
      return this.#reply(id, {
        code: 'overloaded',
        message: 'the reader is too slow: the answer was given up',
      });
    const { events, data } = told.value;
    for (const event of events) emitInTurn(event);
    if (id !== undefined)
      emitInTurn({ type: 'reply', id, ok: true, ...(data === undefined ? {} : { data }) });
  }

  #wish(command: TopicCommand, id: string | undefined): void {
    const decoded = decodeStreamTopic(command, this.#defaultCategory);
    if (!decoded.ok) return this.#reply(id, decoded.failure);
    const topic = decoded.value;
    if (command.command === 'unsubscribe') {
      this.#supersede(topic, 'subscribe');
      this.#await(topic, id, 'unsubscribe');
      return this.#ports.unwant(topic);
    }
    this.#supersede(topic, 'unsubscribe');
    if (this.#ports.isActive(topic)) return this.#reply(id, undefined);
    this.#await(topic, id, 'subscribe');
    this.#ports.want(topic, command);
  }

  #await(topic: Topic, id: string | undefined, wish: Waiting['wish']): void {
    if (id === undefined) return;
    const key = topicKey(topic);
    const list = this.#waiting.get(key);
    if (list === undefined) this.#waiting.set(key, [{ id, wish }]);
    else list.push({ id, wish });
  }

  #supersede(topic: Topic, wish: Waiting['wish']): void {
    const key = topicKey(topic);
    const list = this.#waiting.get(key) ?? [];
    for (const { id } of list.filter((waiting) => waiting.wish === wish)) {
      this.#reply(id, { code: 'bad_command', message: 'superseded by a later command for the same topic' });
    }
    this.#waiting.set(
      key,
      list.filter((waiting) => waiting.wish !== wish),
    );
  }

  #reply(id: string | undefined, failure: Failure | undefined, data?: Record<string, unknown>): void {
    if (id === undefined) {
      if (failure !== undefined) this.unreadable(failure.message, failure.code);
    } else if (failure !== undefined) {
      this.#ports.emit({ type: 'reply', id, ok: false, error: failure.message, code: failure.code });
    } else {
      this.#ports.emit({ type: 'reply', id, ok: true, ...(data === undefined ? {} : { data }) });
    }
  }
}

function unknown({ command }: Command): Failure {
  return { code: 'unknown_command', message: `${command} cannot be asked of this connector` };
}
