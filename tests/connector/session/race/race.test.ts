/**
 * Two sockets, one stream: one is told, the other takes over without a hole. Examples, and random histories against the truth of
 * the exchange.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RacedCandles } from '../../../../connector/session/race/raced-candles.ts';
import { SpareBook } from '../../../../connector/session/race/spare-book.ts';
import type { UnnumberedEvent } from '../../../../shared/events/event.ts';
import type { KlineEvent } from '../../../../shared/events/market-events.ts';
import type { GapEvent } from '../../../../shared/events/process-events.ts';
import { splicedBook } from '../../../helpers/spliced.ts';
import { RaceWorld, T0 } from './race-world.ts';

const RUNS = Number(process.env['RACE_RUNS'] ?? 300);

describe('a raced book', () => {
  it('is told from one socket; the other takes over by its own snapshot, with what nobody has told', () => {
    const world = new RaceWorld('depth').up(0).up(1).bring(0).bring(1);
    world.happen(100, 1).happen(101, 2).bring(0).bring(1);
    assert.deepEqual(world.take(), ['subscribed', 'flowing', 'subscribed', '!1000@0', '1001@1', '1002@2']);
    world.happen(102, 3).bring(1);
    world.lose(0);
    assert.deepEqual(world.take(), ['disconnected', '!2002@2', '2003@3'], 'no gap, and nothing left out');
    world.up(0).happen(103, 4).bring(0).bring(1);
    assert.deepEqual(world.take(), ['subscribed', '2004@4'], 'it goes on with the one that has taken over');
  });

  it('tells a gap while neither has a book, until one has', () => {
    const world = new RaceWorld('depth').up(0).bring(0).happen().bring(0);
    world.take();
    world.lose(0).happen().up(1);
    assert.deepEqual(world.take(), ['disconnected', 'open socket_lost 1001..', 'subscribed', 'flowing']);
    world.bring(1).up(0).bring(0);
    assert.deepEqual(world.take(), ['healed socket_lost 1001..2000', '!2000@2', 'subscribed']);
  });

  it('tells a gap where the spare began after what was told last', () => {
    const world = new RaceWorld('depth').up(0).bring(0).happen().bring(0);
    world.take();
    world.happen().happen().up(1).bring(1).lose(0, 'data_silent');
    assert.deepEqual(world.take(), [
      'subscribed',
      'open data_silent 1001..',
      'healed data_silent 1001..2000',
      '!2000@3',
    ]);
  });

  it('is not told stale while it flows on the other socket, and is when it flows on none', () => {
    const world = new RaceWorld('depth').up(0).up(1).bring(0).bring(1);
    world.take();
    world.lose(0, 'data_silent');
    assert.deepEqual(world.take(), [], 'the other one knows as much, and is waited for');
    world.lose(1, 'data_silent');
    assert.deepEqual(world.take(), ['stale', 'open data_silent 1000..']);
    world.up(0).bring(0);
    assert.deepEqual(world.take(), ['subscribed', 'flowing', 'healed data_silent 1000..2000', '!2000@0']);
  });

  it('passes on why nothing comes, also while both sockets flow', () => {
    const world = new RaceWorld('depth').up(0).up(1).bring(0).bring(1);
    world.take();
    const told = { type: 'status', status: 'flowing', scope: 'topic', channel: 'depth', depth: 50 } as const;
    const topic = { category: 'linear', symbol: 'BTCUSDT', socket: 1 } as const;
    world.race.told(1, { ...told, ...topic });
    assert.deepEqual(world.take(), []);
    world.race.told(1, { ...told, ...topic, reason: 'nothing was traded meanwhile' });
    assert.deepEqual(world.take(), ['flowing']);
  });

  it('is not taken over by one that is behind: it is given a moment, then a gap is told until it has come so far', () => {
    const world = new RaceWorld('depth').up(0).up(1).bring(0).bring(1);
    // The second one is half open: it looks alive, and brings nothing.
    world.happen(100, 1).bring(0).bring(1).happen(101, 2).happen(102, 3).bring(0);
    world.take();
    world.lose(0).pass(900);
    assert.deepEqual(world.take(), ['disconnected'], 'it may be on its way');
    world.pass(200);
    assert.deepEqual(world.take(), ['open socket_lost 1003..', 'resync']);
    world.bring(1, 1);
    assert.deepEqual(world.take(), [], 'it has not come so far yet');
    world.bring(1, 1);
    assert.deepEqual(world.take(), ['healed socket_lost 1003..2003', '!2003@3']);
    world.happen().bring(1);
    assert.deepEqual(world.take(), ['2004@4']);
  });

  it('tells no gap when one that is a little slower brings the rest in time, nor anything twice', () => {
    const world = new RaceWorld('depth').up(0).up(1).bring(0).bring(1);
    world.happen(100, 1).happen(101, 2).bring(0).take();
    world.lose(0).pass(100).bring(1).pass(5_000);
    assert.deepEqual(world.take(), ['disconnected'], 'it knows as much now, and is waited for');
    world.happen(102, 3).bring(1);
    assert.deepEqual(world.take(), ['!2002@2', '2003@3']);
  });

  it('goes on where it was when it comes back to a market in which nothing moved', () => {
    const world = new RaceWorld('depth').up(0).up(1).bring(0).bring(1).happen(100, 1).bring(0).bring(1);
    world.take();
    world.lose(0).pass(3_000).up(0).bring(0);
    assert.deepEqual(world.take(), ['disconnected', 'subscribed', '!2000@1'], 'no gap');
    world.happen(101, 1).lose(1).bring(0);
    assert.deepEqual(world.take(), ['disconnected', '2001@2']);
  });

  it('tells the gap when also the one that is waited for is lost', () => {
    const world = new RaceWorld('depth').up(0).up(1).bring(0).bring(1).happen(100, 1).bring(0).bring(1);
    world.take();
    world.lose(0).pass(3_000).lose(1);
    assert.deepEqual(world.take(), ['disconnected', 'disconnected', 'open socket_lost 1001..']);
    world.up(1).bring(1);
    assert.deepEqual(world.take().slice(-2), ['healed socket_lost 1001..4000', '!4000@1']);
  });

  it('is never taken back to before what was told, where one socket brings in one update what the other one brings in two', () => {
    const at = (action: 'snapshot' | 'delta', seq: number, price: number) =>
      splicedBook({ action, last_update_id: seq, seq, timestamp: T0 + seq, bids: [[price, 1]], asks: [] });
    const spare = new SpareBook();
    spare.hold(at('snapshot', 1, 100));
    const last = { seq: 2, timestamp: T0 + 2 };
    spare.told(at('delta', 2, 101), last);
    spare.hold(at('delta', 3, 102));
    spare.hold(at('delta', 4, 103));
    const { events, isWhole } = spare.takeOver(last);
    assert.deepEqual(
      events.map(({ action, seq, bids }) => [action, seq, bids.length]),
      [
        ['snapshot', 3, 2],
        ['delta', 4, 1],
      ],
    );
    assert.ok(isWhole, 'it began before what was told last');
  });

  it('is the truth at any moment, and leaves nothing out without telling a gap', () => {
    let switches = 0;
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            what: fc.constantFrom(
              'happen',
              'happen',
              'happen',
              'bring',
              'bring',
              'bring',
              'lose',
              'up',
              'mute',
              'pass',
            ),
            side: fc.nat(1),
            price: fc.integer({ min: 100, max: 104 }),
            qty: fc.nat(3),
            count: fc.integer({ min: 1, max: 5 }),
          }),
          { maxLength: 80, size: 'max' },
        ),
        (steps) => {
          const world = new RaceWorld('depth').up(0).up(1);
          for (const { what, side, price, qty, count } of steps) {
            if (what === 'happen') world.happen(price, qty);
            else if (what === 'bring') world.bring(side, count);
            else if (what === 'lose') world.lose(side);
            else if (what === 'pass') world.pass(count * 300);
            else if (what === 'mute') world.lose(side, 'data_silent');
            else world.up(side);
          }
          world.up(0).up(1).bring(0).bring(1).happen().bring(0).bring(1);
          check(world);
          switches += world.race.switches;
        },
      ),
      { numRuns: RUNS },
    );
    assert.ok(switches > RUNS / 2, `${switches} switches`);
  });
});

/** Follows what was told as a reader would. */
function check(world: RaceWorld): void {
  let book: Map<number, number> | undefined;
  let id = 0;
  let seq: number | undefined;
  let isBlind = false;
  let ended = false;
  let newest = 0;
  for (const event of world.told) {
    if (event.type === 'gap') {
      isBlind = event.state === 'open';
      ended = !isBlind;
    }
    if (event.type !== 'depth') continue;
    assert.ok(!isBlind, 'nothing is told while a gap is open');
    if (event.action === 'delta') {
      assert.equal(event.last_update_id, id + 1, 'one book, not two');
    } else book = new Map();
    assert.ok(book, 'a snapshot comes first');
    for (const [price, qty] of event.bids) {
      if (qty === 0) book.delete(price);
      else book.set(price, qty);
    }
    const now = event.seq ?? 0;
    if (seq !== undefined && !ended) assert.ok(now <= seq + 1, `${now} came after ${seq} without a gap`);
    seq = ended ? now : Math.max(seq ?? 0, now);
    ended = false;
    id = event.last_update_id;
    assert.ok(now >= newest, `${now} was told after ${newest}`);
    newest = now;
    assert.deepEqual(
      [...book].sort(([a], [b]) => a - b),
      [...world.bookAt(now)].sort(([a], [b]) => a - b),
      `the book at ${now}`,
    );
  }
  assert.ok(!isBlind, 'with both sockets there again no gap is open');
  assert.equal(newest, world.changes.length, 'and what is told is what the exchange has');
}

describe('raced liquidations', () => {
  it('each is told once although the sockets lag, and also those that are alike', () => {
    const world = new RaceWorld('liquidation').up(0).up(1);
    world.happen().happen().happen().bring(1, 2).bring(0, 1).happen().bring(0).bring(1);
    assert.equal(world.told.filter(({ type }) => type === 'liquidation').length, 4);
    world.happen().bring(0);
    world.lose(1);
    world.happen().bring(0);
    assert.equal(world.told.filter(({ type }) => type === 'liquidation').length, 6);
    assert.equal(world.told.filter(({ type }) => type === 'gap').length, 0);
  });

  it('without a gap each that happened while one socket was up is told exactly once', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            what: fc.constantFrom('happen', 'happen', 'bring', 'bring', 'swap'),
            side: fc.nat(1),
            count: fc.integer({ min: 1, max: 4 }),
          }),
          { maxLength: 60, size: 'max' },
        ),
        (steps) => {
          const world = new RaceWorld('liquidation').up(0).up(1);
          for (const { what, side, count } of steps) {
            if (what === 'happen') world.happen();
            else if (what === 'bring') world.bring(side, count);
            else {
              // Lost when the other has brought all, and up again long before that one is lost.
              world
                .bring(0)
                .bring(1)
                .lose(side)
                .happen()
                .bring(1 - side)
                .up(side);
              world.clock.advance(30_000);
            }
          }
          world.bring(0).bring(1).happen().bring(0).bring(1);
          assert.equal(world.told.filter(({ type }) => type === 'gap').length, 0);
          assert.equal(
            world.told.filter(({ type }) => type === 'liquidation').length,
            world.liquidations.length,
          );
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('a spare that came too late leaves a gap that is lost', () => {
    const world = new RaceWorld('liquidation').up(0).happen().bring(0);
    world.clock.advance(5_000);
    world.up(1).lose(0).happen().bring(1);
    assert.deepEqual(
      world.take().filter((one) => one !== 'subscribed' && one !== 'flowing' && one !== 'disconnected'),
      ['liquidation', `open socket_lost ${T0}..`, `lost socket_lost ${T0}..${T0 + 1}:1:1`, 'liquidation'],
    );
  });
});

describe('raced liquidations of which none has come', () => {
  const gaps = (world: RaceWorld) =>
    world.take().filter((one) => one.includes('..') || one === 'liquidation');

  it('have a gap without a beginning from where no socket is there any more, and none before', () => {
    const world = new RaceWorld('liquidation').up(0).up(1).lose(0).up(0).lose(1);
    assert.deepEqual(gaps(world), [], 'one socket was always there');
    world.clock.advance(70_000);
    world.lose(0);
    const [told] = world.told.filter((event) => event.type === 'gap');
    assert.equal(told?.at, world.clock.unixMs(), 'said now, whatever was lost before');
    assert.deepEqual(gaps(world), ['open socket_lost ..']);
    world.up(1).up(0).lose(0).happen().bring(1);
    assert.deepEqual(gaps(world), [`lost socket_lost ..${T0}:1:1`, 'liquidation']);
  });

  it('have one also where the only socket that is there misses some', () => {
    const world = new RaceWorld('liquidation').up(0).lose(0, 'resubscribed').up(0).up(1);
    assert.deepEqual(gaps(world), ['open resubscribed ..']);
  });

  it('have none while the other socket is there, whose first one is told', () => {
    const world = new RaceWorld('liquidation').up(0).up(1).lose(0).happen().bring(1);
    assert.deepEqual(gaps(world), ['liquidation']);
  });

  it('have a gap that is lost when nobody wants them any more', () => {
    const world = new RaceWorld('liquidation').up(0).lose(0);
    const open = world.told.find((event) => event.type === 'gap');
    assert.ok(open !== undefined);
    world.race.told(0, { ...open, state: 'lost' });
    assert.deepEqual(gaps(world), ['open socket_lost ..', 'lost socket_lost ..']);
  });
});

describe('raced candles', () => {
  const minute = 60_000;
  const start = T0 - (T0 % minute);
  const candle = (index: number, closed: boolean, timestamp = 0): KlineEvent => ({
    type: 'kline',
    category: 'linear',
    symbol: 'BTCUSDT',
    interval: '1',
    timestamp: start + timestamp,
    start: start + index * minute,
    end: start + (index + 1) * minute - 1,
    open: 1,
    high: 1,
    low: 1,
    close: 1,
    volume: 1,
    turnover: 1,
    closed,
  });
  const gap = (id: string, from: number, more: Partial<GapEvent> = {}): GapEvent => ({
    type: 'gap',
    gap_id: id,
    state: 'open',
    category: 'linear',
    symbol: 'BTCUSDT',
    channel: 'kline',
    interval: '1',
    cause: 'socket_lost',
    from: { id: String(start + from * minute), timestamp: start + from * minute },
    to: null,
    at: T0,
    ...more,
  });
  const told = (feed: (candles: RacedCandles) => void): readonly string[] => {
    const events: UnnumberedEvent[] = [];
    feed(new RacedCandles('1', (event) => events.push(event)));
    return events.map((event) =>
      event.type === 'gap'
        ? `${event.gap_id} ${event.state}`
        : event.type === 'kline'
          ? `${(event.start - start) / minute}${event.closed ? '!' : ''}`
          : event.type,
    );
  };

  it('each closed one is told once, and no push that is older than what was told', () => {
    const events = told((candles) => {
      candles.data(candle(0, false, 1));
      candles.data(candle(0, false, 1));
      candles.data(candle(0, false, 2));
      candles.data(candle(0, true, 3));
      candles.data(candle(0, false, 2));
      candles.data(candle(1, false, 4));
      candles.data(candle(0, true, 3));
      candles.data(candle(1, true, 5));
    });
    assert.deepEqual(events, ['0', '0', '0!', '1', '1!']);
  });

  it('a close that one socket missed and the other brought is no gap', () => {
    const events = told((candles) => {
      candles.data(candle(0, true, 1));
      candles.data(candle(1, true, 2));
      candles.gap(gap('a', 0));
      candles.data(candle(2, false, 3));
      candles.data(candle(1, true, 2));
      candles.gap(gap('a', 0, { state: 'healed', healed_by: 'klines' }));
    });
    assert.deepEqual(events, ['0!', '1!', '2']);
  });

  it('a close that both missed is one gap, and is told once when it was read again', () => {
    const events = told((candles) => {
      candles.data(candle(0, true, 1));
      candles.gap(gap('a', 0));
      candles.gap(gap('b', 0));
      candles.data(candle(1, true, 2));
      candles.data(candle(1, true, 2));
      candles.gap(gap('b', 0, { state: 'healed', healed_by: 'klines' }));
      candles.gap(gap('a', 0, { state: 'healed', healed_by: 'klines' }));
    });
    assert.deepEqual(events, ['0!', 'a open', '1!', 'a healed']);
  });
});
