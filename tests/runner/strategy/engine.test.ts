import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BookTop } from '../../../runner/context/book-view.ts';
import { unpackBatch } from '../../../runner/strategy/batch-codec.ts';
import { StrategyEngine } from '../../../runner/strategy/engine.ts';
import type { GateFacts } from '../../../runner/strategy/gate.ts';
import type { GateSources } from '../../../runner/strategy/gate-desk.ts';
import type { StrategyMessage } from '../../../runner/strategy/messages.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { monoMs, unixMs } from '../../../shared/time.ts';
import { bitcoin, depth, gap, kline, liquidation, status, T0, ticker, trade } from '../intake/events.ts';

const top: BookTop = { valid: true, timestamp: T0, bid: 100, bid_qty: 1, ask: 101, ask_qty: 1 };

/** An engine whose one worker is loaded and answers each batch at once with `signalsPerBatch` signals. */
function world(signalsPerBatch = 0, gate?: GateSources) {
  const troubles: string[] = [];
  const told: StrategyMessage[] = [];
  const turn: (() => void)[] = [];
  const book: { top: BookTop | undefined; asked: number } = { top, asked: 0 };
  const engine = new StrategyEngine(
    { files: ['/my.ts'], instruments: [bitcoin], policy: scaledPolicy().strategy },
    {
      spawn: (_task, listener) => {
        turn.push(() => listener.onMessage({ kind: 'loaded', name: 'mine' }, monoMs(0), unixMs(T0)));
        return {
          post: (packed) => {
            const { batch, events } = unpackBatch(packed);
            told.push(...events);
            const signals = Array.from({ length: signalsPerBatch }, () => ({
              setup_type: 'x',
              ...bitcoin,
              reason: `${batch}`,
            }));
            const counts = {
              surplus: 0,
              invalid: 0,
              invalidReason: null,
              errors: 0,
              errorsInARow: 0,
              lastError: null,
            };
            turn.push(() =>
              listener.onMessage(
                { kind: 'answer', batch, signals, ...counts },
                monoMs(0),
                unixMs(T0 + batch),
              ),
            );
          },
          terminate: () => {},
        };
      },
      atTurnEnd: (task) => turn.push(task),
      topOf: () => {
        book.asked += 1;
        return book.top;
      },
      onSignal: () => {},
      onTrouble: ({ kind, message }) => {
        assert.equal(kind, 'withheld', message);
        troubles.push(kind);
      },
      ...(gate === undefined ? {} : { gate }),
    },
  );
  const endTurn = () => {
    for (const task of turn.splice(0)) task();
  };
  engine.start(monoMs(0));
  endTurn();
  return { troubles, engine, told, book, endTurn };
}

describe('the strategy engine', () => {
  it('tells trades, gaps and candles in the order of the feed, at the end of the turn', () => {
    const { engine, told, endTurn } = world();
    engine.onEvent(gap(), monoMs(1));
    engine.onEvent(trade(), monoMs(1));
    assert.deepEqual(told, []);
    endTurn();
    assert.deepEqual(
      told.map(({ kind }) => kind),
      ['gap', 'trade'],
    );
  });

  it('tells tickers, liquidations and closed klines, and the gaps of each channel but of books', () => {
    const { engine, told, endTurn } = world();
    engine.onEvent(ticker(), monoMs(1));
    engine.onEvent(kline({ closed: false }), monoMs(1));
    engine.onEvent(kline(), monoMs(1));
    engine.onEvent(liquidation(), monoMs(1));
    engine.onEvent(gap({ channel: 'kline', interval: '1' }), monoMs(1));
    engine.onEvent(gap({ channel: 'depth', depth: 50 }), monoMs(1));
    endTurn();
    assert.deepEqual(
      told.map((message) => (message.kind === 'gap' ? message.channel : message.kind)),
      ['ticker', 'kline', 'liquidation', 'kline'],
    );
  });

  it('says of a healed gap by what: what an archive has is stored, and was told to nobody', () => {
    const { engine, told, endTurn } = world();
    engine.onEvent(gap(), monoMs(1));
    engine.onEvent(gap({ state: 'healed', healed_by: 'recent_trades', recovered: 3 }), monoMs(1));
    engine.onEvent(gap({ state: 'healed', healed_by: 'archive' }), monoMs(1));
    endTurn();
    assert.deepEqual(
      told.map((message) => message.kind === 'gap' && [message.state, message.healedBy]),
      [
        ['open', null],
        ['healed', 'recent_trades'],
        ['healed', 'archive'],
      ],
    );
  });

  it('is idle when all that was told has been worked off', () => {
    const { engine, told, endTurn } = world();
    assert.equal(engine.isIdle, true);
    engine.onEvent(trade(), monoMs(1));
    assert.equal(engine.isIdle, false, 'it waits');
    engine.flush(monoMs(1));
    assert.equal(told.length, 1, 'without the end of the turn');
    assert.equal(engine.isIdle, false, 'it is under way');
    endTurn();
    assert.equal(engine.isIdle, true);
  });

  it('tells the best prices when they change, not each update of the book', () => {
    const { engine, told, book, endTurn } = world();
    engine.onEvent(depth(), monoMs(1));
    engine.onEvent(depth({ action: 'delta', last_update_id: 2 }), monoMs(2));
    book.top = { ...top, timestamp: T0 + 3 };
    engine.onEvent(depth({ action: 'delta', last_update_id: 3 }), monoMs(3));
    book.top = { ...top, bid_qty: 2 };
    engine.onEvent(depth({ action: 'delta', last_update_id: 4 }), monoMs(4));
    endTurn();
    assert.deepEqual(
      told.map((message) => message.kind === 'book' && message.top.bid_qty),
      [1, 2],
    );
  });

  it('tells that a book is no longer valid after a word of the child, its end, or by the timer', () => {
    for (const lose of [
      (engine: StrategyEngine) => engine.onEvent(status('disconnected'), monoMs(2)),
      (engine: StrategyEngine) => engine.childEnded(monoMs(2)),
      (engine: StrategyEngine) => engine.tick(monoMs(2), unixMs(T0)),
    ]) {
      const { engine, told, book, endTurn } = world();
      engine.onEvent(depth(), monoMs(1));
      book.top = { ...top, valid: false, bid: null, bid_qty: null, ask: null, ask_qty: null };
      lose(engine);
      endTurn();
      const books = told.filter((message) => message.kind === 'book');
      assert.deepEqual(
        books.map((message) => message.top.valid),
        [true, false],
      );
    }
  });

  it('looks once at all books at the end of a turn with many words of the child', () => {
    const { engine, told, book, endTurn } = world();
    engine.onEvent(depth(), monoMs(1));
    endTurn();
    book.asked = 0;
    book.top = { ...top, valid: false, bid: null, bid_qty: null, ask: null, ask_qty: null };
    for (let count = 0; count < 100; count += 1) engine.onEvent(status('subscribed'), monoMs(2));
    endTurn();
    assert.equal(book.asked, 1);
    engine.onEvent(trade(), monoMs(3));
    endTurn();
    assert.equal(book.asked, 1, 'a turn without such a word does not look');
    assert.deepEqual(
      told.map((message) => (message.kind === 'book' ? message.top.valid : message.kind)),
      [true, false, 'trade'],
    );
  });

  it('tells the time of the exchange once a second', () => {
    const { engine, told, endTurn } = world();
    for (let ms = 0; ms <= 2_000; ms += 250) engine.tick(monoMs(ms), unixMs(T0 + ms));
    endTurn();
    assert.deepEqual(
      told.flatMap((message) => (message.kind === 'timer' ? [message.at - T0] : [])),
      [0, 1_000, 2_000],
    );
  });

  it('keeps the last thousand signals, newest first', () => {
    const { engine, endTurn } = world(256);
    for (let batch = 1; batch <= 5; batch += 1) {
      engine.onEvent(trade({ id: `${batch}` }), monoMs(batch));
      endTurn();
      endTurn();
    }
    const signals = engine.signals();
    assert.equal(signals.length, 1_000);
    assert.deepEqual([signals[0]?.number, signals[0]?.reason, signals[0]?.timestamp], [1_280, '5', T0 + 5]);
    assert.equal(signals.at(-1)?.number, 281);
    assert.equal(engine.signals(2).length, 2);
    assert.equal(engine.statuses(monoMs(9))[0]?.signals, 1_280);
  });

  it('costs nothing without strategies', () => {
    const engine = new StrategyEngine(
      { files: [], instruments: [bitcoin], policy: scaledPolicy().strategy },
      {
        spawn: () => assert.fail(),
        atTurnEnd: () => assert.fail(),
        topOf: () => assert.fail(),
        onSignal: () => assert.fail(),
        onTrouble: () => assert.fail(),
      },
    );
    engine.start(monoMs(0));
    engine.onEvent(trade(), monoMs(0));
    engine.onEvent(depth(), monoMs(0));
    engine.onEvent(status('connected'), monoMs(0));
    engine.tick(monoMs(5_000), unixMs(T0));
    engine.childEnded(monoMs(5_001));
    assert.deepEqual(engine.statuses(monoMs(0)), []);
  });
});

describe('the gate of a strategy', () => {
  const well: GateFacts = { childReady: true, topics: [], endlessGaps: [], clock: null, ledger: null };
  const mute: GateFacts = { ...well, ledger: 'the disk is full' };

  it('comes at its place among the events, shuts at once, and lets nothing out while it is shut', () => {
    let facts = well;
    let changes = 0;
    const { engine, told, endTurn, troubles } = world(1, {
      changes: () => changes,
      facts: () => facts,
      nowMs: () => unixMs(T0),
      isReplay: () => false,
      openAfterMs: 3_000,
    });
    engine.start(monoMs(0));
    for (let now = 0; now <= 3_000; now += 500) engine.tick(monoMs(now), unixMs(T0));
    endTurn();
    endTurn();
    engine.onEvent(trade({ id: '1' }), monoMs(3_100));
    facts = mute;
    changes += 1;
    engine.onEvent(trade({ id: '2' }), monoMs(3_200));
    for (let turn = 0; turn < 6; turn += 1) endTurn();
    const kinds = told.flatMap((message) =>
      message.kind === 'gate'
        ? [message.open ? 'open' : 'shut']
        : message.kind === 'trade'
          ? [`trade ${message.id}`]
          : [],
    );
    assert.deepEqual(kinds.slice(-4), ['open', 'trade 1', 'shut', 'trade 2']);
    const [status] = engine.statuses(monoMs(3_300));
    const out = engine.signals().length;
    engine.onEvent(trade({ id: 'c' }), monoMs(3_300));
    for (let turn = 0; turn < 6; turn += 1) endTurn();
    assert.equal(engine.signals().length, out, 'withheld');
    const after = engine.statuses(monoMs(3_300))[0];
    assert.equal((after?.withheld_signals ?? 0) - (status?.withheld_signals ?? 0), 1);
    assert.deepEqual([...new Set(troubles)], ['withheld']);
    assert.equal(engine.gates(monoMs(3_300))?.each[0]?.reasons[0]?.code, 'ledger_failing');
  });
});

it('judges the gate of everything also without strategies, however often it is looked', () => {
  let ready = false;
  const engine = new StrategyEngine(
    { files: [], instruments: [bitcoin], policy: scaledPolicy(0.1).strategy },
    {
      spawn: () => assert.fail('there is no strategy'),
      atTurnEnd: () => undefined,
      topOf: () => undefined,
      onSignal: () => undefined,
      onTrouble: () => undefined,
      gate: {
        changes: () => 0,
        facts: () => ({ childReady: ready, topics: [], endlessGaps: [], clock: null, ledger: null }),
        nowMs: () => unixMs(T0),
        isReplay: () => false,
        openAfterMs: 300,
      },
    },
  );
  engine.tick(monoMs(0), unixMs(T0));
  assert.equal(engine.gates(monoMs(0))?.whole.reasons[0]?.code, 'connector_not_ready');
  ready = true;
  for (let now = 10; now <= 320; now += 10) engine.tick(monoMs(now), unixMs(T0));
  assert.equal(engine.gates(monoMs(320))?.whole.open, true);
});
