/** The ledger's tables in a real database, in its real thread. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import Database from 'better-sqlite3';
import { execa } from 'execa';
import { pino } from 'pino';
import { openStore, type Store } from '../../../runner/io/store.ts';
import type { GapFilter, GapQuery, StoredGap, WriteBatch } from '../../../runner/ledger/changes.ts';
import { unseenOf } from '../../../runner/ledger/unseen.ts';
import type { GapEvent } from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import { unixMs } from '../../../shared/time.ts';
import { until } from '../../helpers/until.ts';
import { bitcoin, gap, T0 } from '../intake/events.ts';

const identity = { pid: process.pid, startedAt: unixMs(T0), host: '127.0.0.1', port: 8_000 };
const root = mkdtempSync(path.join(tmpdir(), 'towline-ledger-'));
after(() => rmSync(root, { recursive: true }));
const trades: Topic = { channel: 'trades', ...bitcoin };
const book: Topic = { channel: 'depth', ...bitcoin, depth: 50 };

async function open(name: string): Promise<Store> {
  const opened = await openStore(path.join(root, name), identity, pino({ level: 'silent' }));
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.value;
}

function batch(more: Partial<WriteBatch>, environment = 'mainnet'): WriteBatch {
  const nothing = { gaps: [], spans: [], places: [], deaths: [], aliveUntil: null, forgetBefore: null };
  return { environment, ...nothing, ...more };
}

function stored(gap_id: string, more: Partial<GapEvent> = {}, run = 'n'): StoredGap {
  return { run, gap: gap({ gap_id, ...more }), changedAt: unixMs(T0 + 50) };
}

type Answer<T> = { ok: true; value: T } | { ok: false; failure: string };

async function value<T>(asked: Answer<T> | Promise<Answer<T>>): Promise<T> {
  const answered = await asked;
  if (!answered.ok) throw new Error(answered.failure);
  return answered.value;
}

async function list(store: Store, filter: GapFilter & Partial<GapQuery> = {}): Promise<string[]> {
  const query: GapQuery = { environment: 'mainnet', limit: 100, after: null, ...filter };
  return (await value(store.gapPage(query))).map(({ gap: { gap_id } }) => gap_id);
}

test('a run finds what the one before left: open gaps as they stand, followed topics with their places, of its environment', async () => {
  const first = await open('remains');
  const whole = stored('whole', {
    ...book,
    cause: 'book_broken',
    from: { id: '7', timestamp: T0, seq: 9 },
    to: { id: '8', timestamp: T0 + 5 },
    missing: 3,
    recovered: 2,
  });
  await value(
    first.write(
      batch({
        gaps: [whole, stored('closing'), stored('other', {}, 'before')],
        spans: [
          { topic: trades, since: unixMs(T0), until: null },
          { topic: book, since: unixMs(T0), until: null },
          { topic: book, since: unixMs(T0 - 9), until: unixMs(T0 - 5) },
        ],
        places: [{ topic: trades, place: { id: 'x', timestamp: T0, seq: 5 } }],
        aliveUntil: unixMs(T0 + 1_000),
      }),
    ),
  );
  await value(
    first.write(batch({ gaps: [stored('closing', { state: 'healed', healed_by: 'recent_trades' })] })),
  );
  await value(first.write(batch({ places: [{ topic: trades, place: { id: 'y', timestamp: T0 + 1 } }] })));
  await value(first.write(batch({ gaps: [stored('elsewhere')], aliveUntil: unixMs(T0) }, 'testnet')));
  await first.close();
  const second = await open('remains');
  const remains = await value(second.readLedger('mainnet'));
  assert.deepEqual(
    remains.gaps.toSorted((a, b) => (a.gap.gap_id < b.gap.gap_id ? -1 : 1)),
    [stored('other', {}, 'before'), whole],
  );
  assert.deepEqual(
    remains.followed.toSorted((a, b) => (a.topic.channel < b.topic.channel ? 1 : -1)),
    [
      { topic: trades, since: T0, until: null, place: { id: 'y', timestamp: T0 + 1 } },
      { topic: book, since: T0, until: null, place: null },
    ],
  );
  assert.equal(remains.aliveUntil, T0 + 1_000);
  assert.deepEqual(await value(second.readLedger('demo')), { gaps: [], followed: [], aliveUntil: null });
  await second.close();
});

test('the list is filtered and goes on after a given gap, also among gaps of one moment', async () => {
  const store = await open('list');
  const eth = { symbol: 'ETHUSDT', category: 'spot' } as const;
  await value(
    store.write(
      batch({
        gaps: [
          stored('a', { at: T0 }),
          stored('b', { at: T0, from: { id: 'z', timestamp: T0 + 100 }, ...eth }),
          stored('c', { at: T0 + 9, to: { id: 'z', timestamp: T0 + 20 }, ...book }),
          stored('d', { at: T0 + 10, state: 'lost' }),
        ],
      }),
    ),
  );
  assert.deepEqual(await list(store), ['d', 'c', 'b', 'a']);
  assert.deepEqual(await list(store, { limit: 2 }), ['d', 'c']);
  assert.deepEqual(await list(store, { after: { openedAt: T0, id: 'b' } }), ['a']);
  assert.deepEqual(await list(store, { state: 'open' }), ['c', 'b', 'a']);
  assert.deepEqual(await list(store, { channel: 'depth' }), ['c']);
  assert.deepEqual(await list(store, { symbol: 'ETHUSDT' }), ['b']);
  assert.deepEqual(await list(store, { category: 'linear' }), ['d', 'c', 'a']);
  assert.deepEqual(await list(store, { to: unixMs(T0 + 99) }), ['d', 'c', 'a']);
  assert.deepEqual(await list(store, { from: unixMs(T0 + 21) }), ['d', 'b', 'a']);
  assert.deepEqual(await list(store, { environment: 'testnet' }), []);
  await store.close();
});

test('a day has the gaps and topics that touch it', async () => {
  const store = await open('coverage');
  const from = (at: number) => ({ id: 'f', timestamp: at });
  await value(
    store.write(
      batch({
        gaps: [
          stored('before', { from: from(10), to: from(99) }),
          stored('into', { from: from(10), to: from(101) }),
          stored('endless', { from: from(10) }),
          stored('after', { from: from(200) }),
        ],
        spans: [
          { topic: trades, since: unixMs(1), until: unixMs(100) },
          { topic: trades, since: unixMs(150), until: null },
          { topic: book, since: unixMs(200), until: null },
        ],
      }),
    ),
  );
  const unwritten = { spans: [], gaps: [] };
  const query = { environment: 'mainnet', start: unixMs(50), end: unixMs(200), now: unixMs(999), unwritten };
  const { topics, total } = await value(store.coverage(query));
  assert.deepEqual(topics, [{ topic: trades, followedMs: 100, livePercent: 0, percent: 0 }]);
  assert.equal(total.followedMs, 100);
  await store.close();
});

test('of too many open gaps those without an end are taken up first: nobody else would ever end them', async () => {
  const store = await open('many');
  await value(store.write(batch({ gaps: [stored('endless', { at: T0 - 9 })] })));
  await store.close();
  const db = new Database(path.join(root, 'many', 'towline.db'));
  db.exec(`insert into gaps (environment, run, gap_id, topic, channel, category, symbol, cause, state, to_id, to_at, starts_at, opened_at, changed_at)
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000)
    select 'mainnet', 'n', 'm' || i, 't', 'trades', 'linear', 'X', 'overload', 'open', 'z', ${T0}, ${T0} + i, ${T0} + i, ${T0} from n`);
  db.close();
  const again = await open('many');
  const { gaps } = await value(again.readLedger('mainnet'));
  assert.equal(gaps.length, 10_000);
  assert.deepEqual(
    [gaps[0]?.gap.gap_id, gaps[1]?.gap.gap_id, gaps.at(-1)?.gap.gap_id],
    ['endless', 'm2', 'm10000'],
    'oldest first; the oldest one that has an end stays behind',
  );
  await again.close();
});

test('the time of a gap is kept, also when later only its places are known; what is not written yet counts instead', async () => {
  const store = await open('unseen');
  const from = { id: 'a', timestamp: 1_000 };
  const to = { id: 'b', timestamp: 9_000 };
  const unseen = { from: unixMs(4_000), until: unixMs(5_000) };
  const spans = [{ topic: trades, since: unixMs(1_000), until: null }];
  await value(store.write(batch({ spans, gaps: [{ ...stored('g', { from, to }), unseen }] })));
  await value(store.write(batch({ gaps: [stored('g', { from, to })] })));
  const day = { environment: 'mainnet', start: unixMs(1_000), end: unixMs(9_000), now: unixMs(9_000) };
  const asked = async (gaps: readonly StoredGap[]) =>
    (await value(store.coverage({ ...day, unwritten: { spans, gaps: gaps.map(unseenOf) } }))).total;
  assert.deepEqual(await asked([]), { followedMs: 8_000, livePercent: 87.5, percent: 87.5 });
  const healed = stored('g', { from, to, state: 'healed', healed_by: 'recent_trades' });
  assert.deepEqual(await asked([{ ...healed, unseen }]), {
    followedMs: 8_000,
    livePercent: 87.5,
    percent: 100,
  });
  await store.close();
});

test('a gap between whose times it was seen is read again with all of them', async () => {
  const first = await open('times');
  const earlier = [
    { from: unixMs(1_000), until: unixMs(1_500) },
    { from: unixMs(2_000), until: unixMs(2_500) },
  ];
  const unseen = { from: unixMs(4_000), until: unixMs(5_000), earlier };
  const spans = [{ topic: trades, since: unixMs(1_000), until: null }];
  const whole = { ...stored('g', { from: { id: 'a', timestamp: 1_000 } }), unseen };
  await value(first.write(batch({ spans, gaps: [whole] })));
  await first.close();
  const second = await open('times');
  assert.deepEqual((await value(second.readLedger('mainnet'))).gaps, [whole]);
  const day = { environment: 'mainnet', start: unixMs(1_000), end: unixMs(9_000), now: unixMs(9_000) };
  const { total } = await value(second.coverage({ ...day, unwritten: { spans, gaps: [] } }));
  assert.deepEqual(total, { followedMs: 8_000, livePercent: 75, percent: 75 });
  await value(second.write(batch({ gaps: [{ ...whole, unseen: { ...unseen, earlier: undefined } }] })));
  assert.equal((await value(second.readLedger('mainnet'))).gaps[0]?.unseen?.earlier, undefined);
  await second.close();
});

test('what ended long ago is forgotten, and of too many gaps the oldest', async () => {
  const store = await open('forget');
  await value(
    store.write(
      batch({
        gaps: [
          stored('old', { to: { id: 'z', timestamp: T0 - 1 } }),
          stored('old and open', { at: T0 - 1 }),
          stored('kept', { to: { id: 'z', timestamp: T0 } }),
        ],
        spans: [{ topic: book, since: unixMs(1), until: unixMs(2) }],
      }),
    ),
  );
  await value(store.write(batch({ forgetBefore: unixMs(T0) })));
  assert.deepEqual(await list(store), ['kept']);
  const everything = { environment: 'mainnet', start: unixMs(0), end: unixMs(T0), now: unixMs(T0) };
  const { topics } = await value(store.coverage({ ...everything, unwritten: { spans: [], gaps: [] } }));
  assert.deepEqual(topics, []);
  await store.close();
  const db = new Database(path.join(root, 'forget', 'towline.db'));
  db.exec(`insert into gaps (environment, run, gap_id, topic, channel, category, symbol, cause, state, starts_at, opened_at, changed_at)
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000000)
    select 'mainnet', 'n', 'm' || i, 't', 'trades', 'linear', 'X', 'overload', 'open', ${T0 + 1} + i, ${T0 + 1} + i, ${T0} from n`);
  db.close();
  const again = await open('forget');
  await value(again.write(batch({ forgetBefore: unixMs(1) })));
  assert.deepEqual(await list(again, { to: unixMs(T0 + 2) }), ['m1'], 'a million are kept');
  await again.close();
});

test('kill -9 while it writes: all that was said to be written is there, and no transaction is there in part', async () => {
  const dataDir = path.join(root, 'killed');
  const writer = path.join(import.meta.dirname, 'store-writer.ts');
  const child = execa(process.execPath, [writer, dataDir], { reject: false, buffer: false });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += String(chunk);
  });
  await until('some are written', () => text.split('\n').length > 50);
  child.kill('SIGKILL');
  await child;
  const said = text.split('\n').slice(0, -1);
  const store = await open('killed');
  const kept = new Set(await list(store, { limit: 1_000_000 }));
  for (const number of said) assert.ok(kept.has(`a${number}`) && kept.has(`b${number}`), number);
  assert.equal(kept.size % 2, 0);
  await store.close();
});
