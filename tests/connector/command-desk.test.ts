/** The commands whose answers the REST interface has, without the interface: events first, then the reply, each exactly once. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CommandDesk } from '../../connector/command-desk.ts';
import type { AskedByCommand } from '../../connector/rest/told-answers.ts';
import { fail, ok, type Result } from '../../shared/errors.ts';
import type { UnnumberedEvent } from '../../shared/events/event.ts';
import type { BookCheckEvent, InstrumentEvent } from '../../shared/events/market-events.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const steps = { status: 'trading', base: 'X', quote: 'USDT', tick_size: '0.1', qty_step: '1' } as const;

function instrument(symbol: string): InstrumentEvent {
  return { type: 'instrument', category: 'spot', symbol, ...steps };
}

class World {
  readonly said: UnnumberedEvent[] = [];
  readonly asked: string[] = [];
  readonly desk: CommandDesk;
  listed: Result<{ rows: InstrumentEvent[]; bad: number; firstBad: string | undefined }> = ok({
    rows: [instrument('AUSDT'), instrument('BUSDT')],
    bad: 0,
    firstBad: undefined,
  });
  turnovers: Result<ReadonlyMap<string, number>> = ok(new Map([['BUSDT', 7.5]]));
  isRefusing = false;
  isOverloaded = false;

  constructor(hasRest = true) {
    const emit = (event: UnnumberedEvent) => this.said.push(event);
    const clock = new VirtualClock();
    this.desk = new CommandDesk('linear', {
      emit,
      nowMs: clock.unixMs,
      isActive: () => false,
      want: () => undefined,
      unwant: () => undefined,
      stats: () => ({}),
      shutdown: () => undefined,
      asked: hasRest
        ? { rest: this.#rest(), emitInTurn: emit, isOverloaded: () => this.isOverloaded }
        : undefined,
    });
  }

  #rest(): AskedByCommand {
    const answer = <T>(question: string, value: () => Result<T>): Promise<Result<T>> => {
      this.asked.push(question);
      return Promise.resolve(value());
    };
    return {
      instruments: (category) => answer(`instruments ${category}`, () => this.listed),
      turnovers: (category) => answer(`turnovers ${category}`, () => this.turnovers),
      book: ({ category, symbol }, depth) =>
        answer(`book ${category} ${symbol} ${depth}`, () =>
          this.isRefusing ? fail('request_refused', 'no such symbol') : ok(book),
        ),
    };
  }

  async take(...commands: readonly object[]): Promise<void> {
    for (const command of commands) this.desk.take(command);
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** What was said, short. */
  get words(): readonly string[] {
    return this.said.map((event) => {
      if (event.type === 'reply')
        return `reply ${event.id} ${event.ok ? JSON.stringify(event.data ?? {}) : event.code}`;
      if (event.type === 'error') return `error ${event.code}`;
      return event.type === 'instrument' ? `${event.symbol} ${event.turnover_24h ?? '-'}` : event.type;
    });
  }
}

const book: BookCheckEvent = {
  type: 'book_check',
  category: 'linear',
  symbol: 'BTCUSDT',
  timestamp: 1_750_000_000_000,
  depth: 50,
  bids: [],
  asks: [],
  seq: 7,
};

describe('the command instruments', () => {
  it('tells each with its turnover, then replies with their number', async () => {
    const world = new World();
    await world.take({ command: 'instruments', category: 'spot', id: 'i' });
    assert.deepEqual(world.words, ['AUSDT -', 'BUSDT 7.5', 'reply i {"count":2}']);
    assert.deepEqual(world.asked, ['instruments spot', 'turnovers spot']);
  });

  it('means the category of the process when it names none, and needs no id', async () => {
    const world = new World();
    await world.take({ command: 'instruments' });
    assert.deepEqual(world.asked, ['instruments linear', 'turnovers linear']);
    assert.deepEqual(world.words, ['AUSDT -', 'BUSDT 7.5']);
  });

  it('fails when they cannot be had; without turnovers, or with bad rows, it tells so and goes on', async () => {
    const world = new World();
    world.turnovers = fail('request_failed', 'gone');
    world.listed = ok({
      rows: [instrument('AUSDT')],
      bad: 2,
      firstBad: 'BUSDT: tick_size is missing or wrong',
    });
    await world.take({ command: 'instruments', id: 'half' });
    assert.deepEqual(world.words, [
      'error answer_bad',
      'error request_failed',
      'AUSDT -',
      'reply half {"count":1,"unreadable":2}',
    ]);
    world.said.length = 0;
    world.listed = fail('ip_banned', 'shut out');
    await world.take({ command: 'instruments', id: 'none' });
    assert.deepEqual(world.said, [
      { type: 'reply', id: 'none', ok: false, error: 'shut out', code: 'ip_banned' },
    ]);
  });
});

describe('the command read_book', () => {
  it('tells the book, then replies; of 50 levels when none are named', async () => {
    const world = new World();
    await world.take(
      { command: 'read_book', symbol: 'BTCUSDT', id: 'a' },
      { command: 'read_book', symbol: 'BTCUSDT', category: 'spot', depth: 200, id: 'b' },
    );
    assert.deepEqual(world.words, ['book_check', 'reply a {}', 'book_check', 'reply b {}']);
    assert.deepEqual(world.asked, ['book linear BTCUSDT 50', 'book spot BTCUSDT 200']);
  });

  it('fails with the code and the words of the failure', async () => {
    const world = new World();
    world.isRefusing = true;
    await world.take({ command: 'read_book', symbol: 'NOPEUSDT', id: 'a' });
    assert.deepEqual(world.said, [
      { type: 'reply', id: 'a', ok: false, error: 'no such symbol', code: 'request_refused' },
    ]);
  });
});

describe('questions to the exchange', () => {
  it('are limited: the hundred and first that waits is refused', async () => {
    const world = new World();
    const commands = Array.from({ length: 101 }, (_, count) => ({
      command: 'read_book',
      symbol: 'BTCUSDT',
      id: `q${count}`,
    }));
    await world.take(...commands);
    assert.equal(world.words[0], 'reply q100 requests_full');
    assert.equal(world.words.length, 1 + 100 * 2);
    await world.take({ command: 'read_book', symbol: 'BTCUSDT', id: 'later' });
    assert.equal(world.words.at(-1), 'reply later {}');
  });

  it('are answered once when the connector stops meanwhile: with that', async () => {
    const world = new World();
    world.desk.take({ command: 'instruments', id: 'i' });
    world.desk.take({ command: 'read_book', symbol: 'BTCUSDT' });
    world.desk.stop();
    await world.take();
    assert.deepEqual(world.words, ['reply i bad_command']);
  });

  it('give their answers up when the reader is too slow', async () => {
    const world = new World();
    world.isOverloaded = true;
    await world.take({ command: 'instruments', id: 'i' });
    assert.deepEqual(world.words, ['reply i overloaded']);
  });

  it('cannot be asked where there is nobody to ask, and a dump not at all', async () => {
    const world = new World(false);
    await world.take(
      { command: 'instruments', id: 'i' },
      { command: 'read_book', symbol: 'BTCUSDT', id: 'b' },
      { command: 'dump', id: 'd' },
    );
    assert.deepEqual(
      world.words,
      ['i', 'b', 'd'].map((id) => `reply ${id} unknown_command`),
    );
  });
});

describe('dump', () => {
  const desk = (dump?: (reason: string) => Promise<Result<{ readonly file: string }>>) => {
    const said: UnnumberedEvent[] = [];
    const nothing = (): void => undefined;
    const ports = { emit: (event: UnnumberedEvent) => said.push(event), nowMs: new VirtualClock().unixMs };
    const topics = {
      isActive: () => false,
      want: nothing,
      unwant: nothing,
      stats: () => ({}),
      shutdown: nothing,
    };
    return { said, desk: new CommandDesk('linear', { ...ports, ...topics, dump }) };
  };

  it('is answered when it is written, with the file or with what is wrong', async () => {
    const reasons: string[] = [];
    let next: Result<{ file: string }> = ok({ file: 'a.jsonl.zst' });
    const { said, desk: own } = desk(async (reason) => {
      reasons.push(reason);
      return next;
    });
    own.take({ command: 'dump', reason: 'why', id: 'a' });
    assert.deepEqual(said, [], 'not before it is there');
    await new Promise(setImmediate);
    next = fail('dump_failed', 'no room');
    own.take({ command: 'dump', id: 'b' });
    await new Promise(setImmediate);
    assert.deepEqual(said, [
      { type: 'reply', id: 'a', ok: true, data: { file: 'a.jsonl.zst' } },
      { type: 'reply', id: 'b', ok: false, error: 'no room', code: 'dump_failed' },
    ]);
    assert.deepEqual(reasons, ['why', 'asked']);
  });

  it('is taken while the connector stops, as nothing else is; without a recorder it is unknown', async () => {
    const { said, desk: own } = desk(async () => ok({ file: 'a' }));
    own.stop();
    own.take({ command: 'ping', id: 'p' });
    own.take({ command: 'dump', id: 'd' });
    await new Promise(setImmediate);
    assert.deepEqual(
      said.map((event) => (event.type === 'reply' ? [event.id, event.ok] : [])),
      [
        ['p', false],
        ['d', true],
      ],
    );
    const none = desk();
    none.desk.take({ command: 'dump', id: 'd' });
    assert.equal(Object(none.said[0]).code, 'unknown_command');
  });
});
