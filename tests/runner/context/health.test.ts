import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BookView } from '../../../runner/context/book-view.ts';
import { type HealthFacts, healthOf, readinessOf } from '../../../runner/context/health.ts';
import type { TopicView } from '../../../runner/context/topic-feed.ts';
import { type Topic, topicKey } from '../../../shared/market.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { unixMs } from '../../../shared/time.ts';
import { bitcoin, gap, T0 } from '../intake/events.ts';

const NOW = unixMs(T0);

/** A clock that is off by so much; without an error the distance is only a bound. */
function clockOff(offsetMs: number, errorMs: number | null = null): HealthFacts['clock'] {
  return { kind: 'live', distance: { offsetMs, errorMs }, limits: scaledPolicy().clock };
}

function view(topic: Topic, fields: Partial<TopicView> = {}): TopicView {
  const phase = phaseOf(topic, fields);
  return {
    topic,
    key: topicKey(topic),
    phase,
    state: 'subscribed',
    stale: false,
    stale_reason: null,
    age_ms: 5,
    messages: 1,
    snapshot_seen: true,
    ...fields,
  };
}

/** What the feed would be in, of which a test names one trait. */
function phaseOf(
  { channel }: Topic,
  { state, stale, snapshot_seen }: Partial<TopicView>,
): TopicView['phase'] {
  if (state === 'wanted' || state === 'refused') return state;
  if (stale === true) return 'stale';
  const needsSnapshot = channel === 'depth' || channel === 'ticker';
  return needsSnapshot && snapshot_seen === false ? 'awaiting' : 'flowing';
}

const trades: Topic = { channel: 'trades', ...bitcoin };
const depth: Topic = { channel: 'depth', depth: 50, ...bitcoin };
const validBook: BookView = {
  key: topicKey(depth),
  ...bitcoin,
  depth: 50,
  valid: true,
  reason: null,
  time: T0,
  last_update_id: 1,
  bids: [],
  asks: [],
};

const well: HealthFacts = {
  child: { ready: true, state: 'ready', reason: null },
  connections: [{ category: 'linear', state: 'connected', reason: null }],
  topics: [view(trades), view(depth)],
  books: [validBook],
  endlessGaps: [],
  ledger: null,
  disk: null,
  intake: { last_bad_at: null, last_jump_at: null },
  loopDelayMs: 3,
  clock: clockOff(3, 2),
  disabledStrategies: [],
};

const failing = (facts: Partial<HealthFacts>) => {
  const report = healthOf({ ...well, ...facts }, undefined, NOW);
  return {
    status: report.status,
    failed: Object.fromEntries(
      report.checks.filter(({ ok }) => !ok).map(({ name, reason }) => [name, reason]),
    ),
  };
};

describe('health', () => {
  it('is healthy when everything that was asked for is there', () => {
    const report = healthOf(well, undefined, NOW);
    assert.equal(report.status, 'Healthy');
    assert.equal(report.websocketConnected, true);
    assert.ok(report.checks.length > 5);
    assert.ok(report.checks.every(({ ok, reason, since }) => ok && reason === null && since === NOW));
  });

  const cases: readonly {
    name: string;
    facts: Partial<HealthFacts>;
    status: string;
    check: string;
    says: RegExp;
  }[] = [
    {
      name: 'no child is ready',
      facts: { child: { ready: false, state: 'backoff', reason: 'killed by SIGKILL' } },
      status: 'Unhealthy',
      check: 'child',
      says: /started again in a moment: killed by SIGKILL/,
    },
    {
      name: 'no topic flows',
      facts: {
        topics: [view(trades, { state: 'wanted' }), view(depth, { stale: true, stale_reason: 'mute' })],
      },
      status: 'Unhealthy',
      check: 'data_flow',
      says: /no topic flows/,
    },
    {
      name: 'the disk has no room',
      facts: { disk: '3 MB are free; make room' },
      status: 'Degraded',
      check: 'disk',
      says: /3 MB are free; make room/,
    },
    {
      name: 'one topic is stale',
      facts: { topics: [view(trades, { stale: true, stale_reason: 'no data for 11000 ms' }), view(depth)] },
      status: 'Degraded',
      check: 'topics_fresh',
      says: /trades:linear:BTCUSDT is stale: no data for 11000 ms/,
    },
    {
      name: 'a topic is refused',
      facts: {
        topics: [view(trades), view(depth, { state: 'refused', refusal: 'handler not found' })],
        books: [],
      },
      status: 'Degraded',
      check: 'topics_accepted',
      says: /depth\.50:linear:BTCUSDT was refused: handler not found/,
    },
    {
      name: 'a book is not valid',
      facts: { books: [{ ...validBook, valid: false, reason: 'book_gap' }] },
      status: 'Degraded',
      check: 'books_valid',
      says: /depth\.50:linear:BTCUSDT is not valid: book_gap/,
    },
    {
      name: 'a socket is gone',
      facts: { connections: [{ category: 'linear', state: 'disconnected', reason: 'pong missing' }] },
      status: 'Degraded',
      check: 'connection',
      says: /linear is disconnected \(pong missing\)/,
    },
    {
      name: 'a gap has no end',
      facts: { endlessGaps: [gap(), gap({ channel: 'liquidation' })] },
      status: 'Degraded',
      check: 'gaps_ended',
      says: /^trades:linear:BTCUSDT is missing since 2026-07-05T19:10:00.000Z \(socket_lost\)$/,
    },
    {
      name: 'gaps cannot be recorded',
      facts: { ledger: 'the disk is full' },
      status: 'Degraded',
      check: 'ledger',
      says: /the disk is full/,
    },
    {
      name: 'line numbers jumped a moment ago',
      facts: { intake: { last_bad_at: null, last_jump_at: unixMs(T0 - 59_999) } },
      status: 'Degraded',
      check: 'lines',
      says: /lost or doubled/,
    },
    {
      name: 'the runner is overloaded',
      facts: { loopDelayMs: 251 },
      status: 'Degraded',
      check: 'event_loop',
      says: /overloaded/,
    },
    {
      name: 'our clock is behind',
      facts: { clock: clockOff(-1_000.4) },
      status: 'Degraded',
      check: 'clock',
      says: /clock is at least 1000 ms behind the exchange's; sync the clock \(timedatectl set-ntp true, or chrony\)/,
    },
    {
      name: 'our clock is ahead, or every frame is late',
      facts: { clock: clockOff(2_500) },
      status: 'Degraded',
      check: 'clock',
      says: /clock is up to 2500 ms ahead of the exchange's, or every frame takes that long.*timedatectl/,
    },
    {
      name: 'our clock is ahead for certain',
      facts: { clock: clockOff(520, 12) },
      status: 'Degraded',
      check: 'clock',
      says: /clock is 520 ms ahead of the exchange's \(known to 12 ms\); sync the clock \(timedatectl set-ntp true/,
    },
    {
      name: 'the distance of the clocks cannot be told',
      facts: { clock: clockOff(20, 700) },
      status: 'Degraded',
      check: 'clock',
      says: /known to 700 ms\): the exchange's answers take too long to tell.*; look at the network, npm run doctor/,
    },
    {
      name: 'a strategy no longer runs',
      facts: { disabledStrategies: [{ name: 'sweep', reason: 'hangs' }] },
      status: 'Degraded',
      check: 'strategies',
      says: /sweep is disabled: hangs/,
    },
  ];
  for (const { name, facts, status, check, says } of cases) {
    it(`is ${status} and says so when ${name}`, () => {
      const result = failing(facts);
      assert.equal(result.status, status);
      assert.match(result.failed[check] ?? '', says);
    });
  }

  it('names the cause alone while a socket is gone, not every topic behind it', () => {
    const topics = [
      view(trades),
      view(depth, { phase: 'disconnected', state: 'wanted', stale: true, stale_reason: 'gone' }),
    ];
    const books = [{ ...validBook, valid: false, reason: 'gone' }];
    const connections = [{ category: 'linear', state: 'disconnected', reason: 'gone' }] as const;
    assert.deepEqual(Object.keys(failing({ topics, books, connections }).failed), ['connection']);
  });

  it('says nothing of the clock while it is near, or while nobody measured it', () => {
    for (const offsetMs of [-1_000, 0, 1_000])
      assert.equal(failing({ clock: clockOff(offsetMs) }).status, 'Healthy');
    assert.equal(failing({ clock: { ...clockOff(0), distance: null } }).status, 'Healthy');
  });

  it('does not look at the clock in a replay, whose times are old', () => {
    const clock = { ...clockOff(86_400_000), kind: 'replay' } as const;
    const report = healthOf({ ...well, clock }, undefined, NOW);
    assert.equal(report.status, 'Healthy');
    assert.ok(!report.checks.some(({ name }) => name === 'clock'));
    assert.ok(healthOf(well, undefined, NOW).checks.some(({ name }) => name === 'clock'));
  });

  it('forgets a jump or a bad line after a minute', () => {
    const intake = { last_bad_at: unixMs(T0 - 60_000), last_jump_at: unixMs(T0 - 60_000) };
    assert.equal(failing({ intake }).status, 'Healthy');
  });

  it('says since when a check stands as it does', () => {
    const first = healthOf(well, undefined, unixMs(T0));
    const second = healthOf({ ...well, loopDelayMs: 999 }, first, unixMs(T0 + 10));
    const third = healthOf({ ...well, loopDelayMs: 888 }, second, unixMs(T0 + 20));
    const loop = third.checks.find(({ name }) => name === 'event_loop');
    assert.equal(loop?.since, T0 + 10);
    assert.match(loop?.reason ?? '', /888/);
    assert.ok(third.checks.filter(({ ok }) => ok).every(({ since }) => since === T0));
  });

  it('names at most twenty topics and counts the rest', () => {
    const topics = Array.from({ length: 25 }, (_, index) =>
      view(
        { channel: 'trades', category: 'linear', symbol: `S${index}` },
        { state: 'refused', refusal: 'no' },
      ),
    );
    const reason = failing({ topics: [view(trades), ...topics] }).failed['topics_accepted'];
    assert.match(reason ?? '', /S19 was refused: no; and 5 more$/);
  });
});

describe('readiness', () => {
  it('waits for the child, for each acknowledgement, and for the snapshot of each book and ticker', () => {
    const ticker: Topic = { channel: 'ticker', ...bitcoin };
    const silent = { messages: 0, snapshot_seen: false };
    const waiting = readinessOf({
      child: { ready: false, state: 'starting', reason: null },
      topics: [
        view(trades, { ...silent, state: 'wanted' }),
        view(depth, silent),
        view(ticker, silent),
        view({ channel: 'liquidation', ...bitcoin }, silent),
      ],
    });
    assert.deepEqual(waiting, {
      ready: false,
      missing: [
        'a connector that is ready',
        'acknowledgement of trades:linear:BTCUSDT',
        'snapshot of depth.50:linear:BTCUSDT',
        'snapshot of ticker:linear:BTCUSDT',
      ],
      refused: [],
    });
    assert.equal(readinessOf({ child: well.child, topics: [view(trades, silent), view(depth)] }).ready, true);
  });

  it('does not wait for a refused topic, but lists it', () => {
    const refused = view(depth, { state: 'refused', refusal: 'handler not found', snapshot_seen: false });
    assert.deepEqual(readinessOf({ child: well.child, topics: [view(trades), refused] }), {
      ready: true,
      missing: [],
      refused: [{ topic: 'depth.50:linear:BTCUSDT', reason: 'handler not found' }],
    });
    assert.equal(readinessOf({ child: well.child, topics: [refused] }).ready, false);
  });
});
