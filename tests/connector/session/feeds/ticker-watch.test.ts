/** Tickers: every one that is told is whole, and a lone change never leaves as if it were. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { UnnumberedEvent } from '../../../../shared/events/event.ts';
import { tickerSchema } from '../../../../shared/events/market-events.ts';
import { gapSchema } from '../../../../shared/events/process-events.ts';
import type { Topic } from '../../../../shared/market.ts';
import { scaledPolicy } from '../../../../shared/policy.ts';
import { tickerFrame } from '../../../helpers/bybit-frames.ts';
import { at, FeedWorld, gapLine } from './feed-world.ts';

const ticker: Topic = { channel: 'ticker', category: 'linear', symbol: 'BTCUSDT' };
const whole = { lastPrice: '100', markPrice: '101', bid1Price: '99', fundingRate: '0.0001' };
let pushedAt = 1_750_000_000_000;

function frame(type: 'snapshot' | 'delta', fields: Readonly<Record<string, string>>): string {
  pushedAt += 100;
  return tickerFrame(type, fields, { at: pushedAt });
}

function told(events: readonly UnnumberedEvent[]): unknown[] {
  return events.map((event) => {
    if (event.type === 'gap') return gapLine(gapSchema.parse(event));
    if (event.type !== 'ticker') return event.type;
    const { type, category, symbol, timestamp, sent_at, received_at, ...fields } = tickerSchema.parse(event);
    return fields;
  });
}

test('a change is told with everything known so far; a field without a value leaves', () => {
  const world = new FeedWorld(ticker).frame(
    frame('snapshot', whole),
    frame('delta', { markPrice: '102' }),
    frame('delta', { fundingRate: '' }),
    frame('delta', { tickDirection: 'ZeroPlusTick' }),
  );
  const all = { last_price: 100, mark_price: 101, bid_price: 99, funding_rate: 0.0001 };
  const { funding_rate: _gone, ...rest } = { ...all, mark_price: 102 };
  assert.deepEqual(told(world.take()), [all, { ...all, mark_price: 102 }, rest, rest]);
});

test('a later snapshot replaces everything, also what it does not mention', () => {
  const world = new FeedWorld(ticker).frame(frame('snapshot', whole), frame('snapshot', { lastPrice: '5' }));
  assert.deepEqual(told(world.take()).at(-1), { last_price: 5 });
});

test('changes before the snapshot are dropped, also after a reconnect, and the gap between is healed by it', () => {
  const world = new FeedWorld(ticker).frame(frame('delta', { lastPrice: '1' }));
  assert.deepEqual(world.events, [], 'not even as a sign of flow');
  world.frame(frame('snapshot', whole));
  const first = pushedAt;
  world
    .lost()
    .lost()
    .frame(frame('delta', { lastPrice: '2' }), frame('snapshot', { lastPrice: '3' }));
  const [, open, healed, last] = told(world.take());
  assert.deepEqual(
    [open, healed, last],
    [`open socket_lost ${first}..`, `healed socket_lost ${first}..${pushedAt}`, { last_price: 3 }],
  );
});

test('whatever may have swallowed a change makes us wait for a snapshot', () => {
  const faults: Readonly<Record<string, (world: FeedWorld) => void>> = {
    socket_lost: (world) => world.lost(),
    resubscribed: (world) => world.feeds.get(world.name)?.renewing(at),
    bad_frame: (world) => world.feeds.unreadable(undefined, 'not JSON', at),
    data_silent: (world) => assert.equal(world.judge(1e7), true),
  };
  for (const [cause, fault] of Object.entries(faults)) {
    const world = new FeedWorld(ticker);
    // Long enough to show its pace.
    for (let count = 0; count < 50; count += 1) {
      world.now += 100;
      world.frame(frame('snapshot', whole));
    }
    world.take();
    fault(world);
    world.frame(frame('delta', { lastPrice: '7' }));
    const line = (world.take()[0] as { cause?: string } | undefined)?.cause;
    assert.equal(line, cause);
    world.frame(frame('snapshot', whole));
    assert.deepEqual(
      world.take().map(({ type }) => type),
      ['gap', 'ticker'],
      cause,
    );
  }
});

test('a frame that cannot be read is fetched anew, once', () => {
  const world = new FeedWorld(ticker).frame(frame('snapshot', whole));
  world.frame(frame('delta', { lastPrice: 'x' }), frame('delta', { lastPrice: 'x' }));
  assert.deepEqual([world.renewed, world.bad.length], [[world.name], 2]);
  assert.deepEqual(world.takeStatuses(), ['flowing', 'resync']);
});

test('a snapshot that does not come in time is asked for anew, again and again', () => {
  const { snapshotWithinMs } = scaledPolicy().connection;
  const world = new FeedWorld(ticker);
  assert.equal(world.judge(0), false);
  assert.equal(world.judge(snapshotWithinMs - 1), false);
  world.frame(frame('delta', whole));
  assert.equal(world.judge(1), true);
  assert.equal(world.judge(1), false);
  assert.equal(world.judge(snapshotWithinMs), true);
  assert.deepEqual(world.takeStatuses(), ['resync', 'resync']);
  world.frame(frame('snapshot', whole));
  assert.equal(world.judge(snapshotWithinMs), false);
});

test('spot: every frame is whole, without bid and ask', () => {
  const world = new FeedWorld({ ...ticker, category: 'spot' });
  world.frame(
    frame('snapshot', { lastPrice: '1', usdIndexPrice: '' }),
    frame('snapshot', { lastPrice: '2' }),
  );
  assert.deepEqual(told(world.take()), [{ last_price: 1 }, { last_price: 2 }]);
});

test('whatever comes in whatever order, what is told equals a naive merge since the last snapshot', () => {
  const fields = fc.dictionary(
    fc.constantFrom('lastPrice', 'markPrice', 'indexPrice', 'fundingRate', 'cs'),
    fc.constantFrom('1', '2.5', '', '3'),
  );
  const step = fc.oneof(
    fc.record({ kind: fc.constantFrom('snapshot', 'delta', 'delta', 'delta'), fields }),
    fc.constant({ kind: 'lost', fields: {} }),
  );
  const names: Readonly<Record<string, string>> = {
    lastPrice: 'last_price',
    markPrice: 'mark_price',
    indexPrice: 'index_price',
    fundingRate: 'funding_rate',
  };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const world = new FeedWorld(ticker);
      const expected: Record<string, number>[] = [];
      let known: Record<string, number> | undefined;
      for (const { kind, fields: said } of steps) {
        if (kind === 'lost') {
          world.lost();
          known = undefined;
          continue;
        }
        world.frame(frame(kind === 'snapshot' ? 'snapshot' : 'delta', said));
        if (kind === 'snapshot') known = {};
        if (known === undefined) continue;
        for (const [name, value] of Object.entries(said)) {
          const ours = names[name];
          if (ours === undefined) continue;
          known = Object.fromEntries(Object.entries(known).filter(([key]) => key !== ours));
          if (value !== '') known[ours] = Number(value);
        }
        expected.push({ ...known });
      }
      const events = world.take();
      assert.deepEqual(told(events.filter(({ type }) => type === 'ticker')), expected);
      const gaps = events.filter(({ type }) => type === 'gap');
      for (const [index, event] of events.entries())
        if (event.type === 'gap' && event.state === 'healed') assert.equal(events[index + 1]?.type, 'ticker');
      assert.ok(
        gaps.every(
          (gap, index) => (gap as { state: string }).state === (index % 2 === 0 ? 'open' : 'healed'),
        ),
      );
    }),
    { numRuns: 300 },
  );
});
