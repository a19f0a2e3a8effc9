/** The gate: what shuts it, for whom, since when; that it shuts at once and opens only after a while. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findingsOf, Gate, type GateFacts, type GateFinding } from '../../../runner/strategy/gate.ts';
import { GateDesk } from '../../../runner/strategy/gate-desk.ts';
import { type Topic, topicKey } from '../../../shared/market.ts';
import { monoMs, unixMs } from '../../../shared/time.ts';
import { bitcoin, gap } from '../intake/events.ts';

const OPEN_AFTER = 3_000;
const trades: Topic = { channel: 'trades', ...bitcoin };
const book: Topic = { channel: 'depth', ...bitcoin, depth: 50 };
type TopicFact = GateFacts['topics'][number];

function topic(of: Topic, phase: TopicFact['phase'] = 'flowing'): TopicFact {
  return { topic: of, key: topicKey(of), phase, stale_reason: phase === 'stale' ? 'mute' : null };
}

const well: GateFacts = {
  childReady: true,
  topics: [topic(trades), topic(book)],
  endlessGaps: [],
  clock: null,
  ledger: null,
};
const codes = (
  facts: Partial<GateFacts>,
  ...rest: Parameters<typeof findingsOf> extends [unknown, ...infer R] ? R : never
) => findingsOf({ ...well, ...facts }, ...rest).map(({ code, topic: of }) => [code, of]);

test('each cause has its code, and names its topic', () => {
  assert.deepEqual(codes({}), []);
  assert.deepEqual(codes({ childReady: false, topics: [topic(trades, 'disconnected')] }), [
    ['connector_not_ready', null],
  ]);
  for (const phase of ['wanted', 'awaiting', 'stale', 'refused', 'disconnected'] as const)
    assert.deepEqual(codes({ topics: [topic(trades), topic(book, phase)] }), [
      [`topic_${phase}`, topicKey(book)],
    ]);
  assert.deepEqual(codes({ endlessGaps: [{ ...trades, cause: 'socket_lost' }] }), [
    ['trades_missing', topicKey(trades)],
  ]);
  assert.deepEqual(
    codes({ endlessGaps: [{ ...book, cause: 'socket_lost' }] }),
    [],
    'of a book its phase tells',
  );
  assert.deepEqual(codes({ clock: 'off by 2 s', ledger: 'disk full' }), [
    ['clock_wrong', null],
    ['ledger_failing', null],
  ]);
});

test('a strategy is concerned only by what it declared, and by what it declared and is not there', () => {
  const mute = { topics: [topic(trades), topic(book, 'stale')] };
  assert.deepEqual(codes(mute, [{ channel: 'trades' }]), []);
  assert.deepEqual(codes(mute, [{ channel: 'depth', symbol: bitcoin.symbol }]).length, 1);
  assert.deepEqual(codes(mute, [{ channel: 'trades' }, { channel: 'ticker', symbol: 'ETHUSDT' }]), [
    ['topic_not_subscribed', 'ticker:ETHUSDT'],
  ]);
});

const finding: GateFinding = { code: 'topic_stale', topic: 'x', words: 'mute' };
const stepAt = (gate: Gate, findings: readonly GateFinding[], now: number) =>
  gate.step(findings, monoMs(now), unixMs(now));

test('it shuts at once, says since when, and opens only after all was well for a while', () => {
  const gate = new Gate(OPEN_AFTER);
  assert.equal(stepAt(gate, [], 1_000), true);
  assert.deepEqual(
    gate.state.reasons.map(({ code }) => code),
    ['settling'],
  );
  assert.equal(stepAt(gate, [], 3_999), false, 'nothing new to tell');
  assert.deepEqual([stepAt(gate, [], 4_000), gate.state.open], [true, true]);
  assert.deepEqual([stepAt(gate, [finding], 5_000), gate.state.open], [true, false]);
  assert.equal(stepAt(gate, [{ ...finding, words: 'still mute' }], 6_000), false);
  assert.deepEqual([gate.state.reasons[0]?.since, gate.state.reasons[0]?.words], [5_000, 'still mute']);
  stepAt(gate, [], 7_000);
  stepAt(gate, [finding], 9_900);
  stepAt(gate, [], 10_000);
  stepAt(gate, [], 12_999);
  assert.equal(gate.state.open, false, 'the while begins anew');
  stepAt(gate, [], 13_000);
  assert.equal(gate.state.open, true);
});

test('whatever happens, it is open exactly while nothing was found for so long', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 2_000 })), { size: 'max', maxLength: 200 }),
      (steps) => {
        const gate = new Gate(OPEN_AFTER);
        let now = 0;
        let wellSince: number | undefined;
        for (const [isWell, ms] of steps) {
          now += ms;
          wellSince = isWell ? (wellSince ?? now) : undefined;
          stepAt(gate, isWell ? [] : [finding], now);
          assert.equal(gate.state.open, wellSince !== undefined && now - wellSince >= OPEN_AFTER);
          assert.equal(gate.state.reasons.length, gate.state.open ? 0 : 1);
        }
      },
    ),
    { seed: 3 },
  );
});

test('a recording is not made to wait, and a change of a topic shuts the gate at its place in the stream', () => {
  let facts = well;
  let changes = 0;
  let asked = 0;
  let isReplay = true;
  const told: boolean[] = [];
  const desk = new GateDesk(
    {
      changes: () => changes,
      facts: () => {
        asked += 1;
        return facts;
      },
      nowMs: () => unixMs(1),
      isReplay: () => isReplay,
      openAfterMs: OPEN_AFTER,
    },
    [{ needs: () => undefined, onGate: ({ open }) => told.push(open) }],
  );
  desk.glance(undefined, monoMs(1));
  assert.deepEqual([told, desk.lets(0)], [[true], true]);
  for (let event = 0; event < 100; event += 1) desk.glance(undefined, monoMs(1));
  assert.equal(asked, 1, 'nothing changed');
  isReplay = false;
  facts = { ...well, topics: [topic(trades, 'stale')] };
  changes += 1;
  desk.glance(undefined, monoMs(2));
  assert.deepEqual(
    [told, desk.lets(0), desk.stateOf(0).open, desk.whole.open],
    [[true, false], false, false, false],
  );
  changes += 1;
  desk.glance(gap(), monoMs(2));
  assert.equal(asked, 2, 'while it is shut nothing is urgent');
});

test('a gap is looked at where it is told, but only when it may shut an open gate', () => {
  let asked = 0;
  const desk = new GateDesk(
    {
      changes: () => 0,
      facts: () => {
        asked += 1;
        return well;
      },
      nowMs: () => unixMs(1),
      isReplay: () => false,
      openAfterMs: 0,
    },
    [{ needs: () => [{ channel: 'trades', symbol: bitcoin.symbol }], onGate: () => undefined }],
  );
  const isLookedAt = (told: ReturnType<typeof gap>): boolean => {
    const before = asked;
    desk.glance(told, monoMs(2));
    return asked > before;
  };
  desk.look(monoMs(1));
  assert.equal(desk.stateOf(0).open, true);
  assert.equal(isLookedAt(gap()), true);
  assert.equal(isLookedAt(gap({ to: { id: 'b', timestamp: 2 }, state: 'lost' })), true);
  assert.equal(isLookedAt(gap({ state: 'healed' })), false, 'it opens at the next look, when it does');
  assert.equal(isLookedAt(gap({ symbol: 'ETHUSDT' })), false, 'it needs another one');
  assert.equal(isLookedAt(gap({ channel: 'ticker' })), false, 'of tickers their phase tells');
});
