import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { coverageSchema, verifiedSchema } from '../../../../runner/api/gap-payloads.ts';
import { gapSchema } from '../../../../runner/api/payloads.ts';
import { unixMs } from '../../../../shared/time.ts';
import { btc, eth, fakeGap, START } from '../fake-ports.ts';
import { assertPayload, assertRefused, openApi } from '../open-api.ts';

test('gaps are listed newest first, of all instruments unless one is named', async (t) => {
  const { ask, world } = await openApi(t);
  world.gaps = [fakeGap(3), fakeGap(2, 'healed', eth), { ...fakeGap(1, 'lost'), channel: 'liquidation' }];
  const list = async (query: string) =>
    assertPayload(z.array(gapSchema), (await ask(`/gaps${query}`)).body).map(({ gap_id }) => gap_id);
  assert.deepEqual(await list(''), ['g3', 'g2', 'g1']);
  assert.deepEqual(await list('?symbol=ETHUSDT'), ['g2']);
  assert.deepEqual(await list('?category=linear'), ['g3', 'g1']);
  assert.deepEqual(await list('?state=lost'), ['g1']);
  assert.deepEqual(await list('?channel=trades'), ['g3', 'g2']);
  assert.deepEqual(await list('?limit=1'), ['g3']);
  assert.deepEqual(await list('?from=2024-06-03T12:00:11.000Z'), ['g3', 'g2'], 'g1 ended after 10 s');
  assert.deepEqual(await list('?to=2024-06-03T12:00:02.500Z'), ['g2', 'g1']);
  assert.deepEqual((await ask('/gaps?state=open')).body, [
    {
      gap_id: 'g3',
      state: 'open',
      channel: 'trades',
      category: 'linear',
      symbol: 'BTCUSDT',
      depth: null,
      interval: null,
      cause: 'child_died',
      from: { id: 't3', trade_id: 't3', time: '2024-06-03T12:00:03.000Z' },
      to: null,
      opened_at: '2024-06-03T12:00:03.000Z',
      healed_by: null,
      recovered: null,
      missing: null,
    },
  ]);
  const [lost] = assertPayload(z.array(gapSchema), (await ask('/gaps?channel=liquidation')).body);
  assert.deepEqual(lost?.from, { id: 't1', time: '2024-06-03T12:00:01.000Z' });
});

test('a list that lacks the gaps of earlier runs says so in a header', async (t) => {
  const { ask, world } = await openApi(t);
  world.gaps = [fakeGap(3)];
  const header = async () => (await ask('/gaps?symbol=BTCUSDT')).headers['towline-incomplete'];
  assert.equal(await header(), undefined);
  world.isLedgerRead = false;
  assert.equal(await header(), 'former_runs');
});

test('recorded days that were held against the archive are listed, of all symbols unless one is named', async (t) => {
  const { ask, world } = await openApi(t);
  const row = { timestamp: START, id: 't1', price: 65_000.1, qty: 0.5, side: 'buy' } as const;
  const counts = { recorded: 9, archived: 12, expected: 10, matched: 9, missing: 1, extra: 0, different: 0 };
  const of = (instrument: typeof btc) => ({
    type: 'verification' as const,
    ...instrument,
    ...{ date: '2024-06-02', matched_by: 'id' as const, ...counts, percentage: 90, at: START },
    ...{ missing_rows: [row], extra_rows: [] },
  });
  world.verifications = [of(btc), of(eth)];
  const list = async (query: string) =>
    assertPayload(z.array(verifiedSchema), (await ask(`/gaps/verifications${query}`)).body);
  assert.equal((await list('')).length, 2);
  const [only, ...more] = await list('?symbol=ETHUSDT');
  assert.equal(more.length, 0);
  assert.deepEqual(
    [only?.symbol, only?.date, only?.percentage, only?.missing],
    ['ETHUSDT', '2024-06-02', 90, 1],
  );
  assert.deepEqual(only?.missing_trades, [
    { time: new Date(START).toISOString(), trade_id: 't1', price: 65_000.1, qty: 0.5, side: 'buy' },
  ]);
  assertRefused(await ask('/gaps/verifications?symbol=NOPE'), 400, 'unknown_instrument', 'symbol:');
});

test('what cannot be a gap is refused with what may be', async (t) => {
  const { ask, world } = await openApi(t);
  assertRefused(await ask('/gaps?state=new'), 400, 'invalid_parameter', 'state:', 'open, healed, lost');
  assertRefused(await ask('/gaps?channel=book'), 400, 'invalid_parameter', 'channel:', 'trades, depth');
  assertRefused(await ask('/gaps?limit=1001'), 400, 'invalid_parameter', 'limit:', 'from 1 to 1000');
  assertRefused(await ask('/gaps?from=yesterday'), 400, 'invalid_parameter', 'from:', 'ISO 8601');
  assertRefused(await ask('/gaps?from=2024-06-04&to=2024-06-03'), 400, 'invalid_parameter', 'from:');
  assertRefused(await ask('/gaps?symbol=DOGEUSDT'), 400, 'unknown_instrument', 'symbol:');
  world.gaps = [{ ...fakeGap(9), symbol: 'DOGEUSDT' }];
  assert.equal((await ask('/gaps?symbol=DOGEUSDT')).status, 200, 'it was listened to once');
  world.instruments = [];
  assert.equal((await ask('/gaps')).status, 200, 'the ledger is there before any symbol is known');
});

test('a long list is read page by page, each gap once; a page of another list is refused', async (t) => {
  const { ask, world } = await openApi(t);
  // Several of one moment, and an id as long as they come.
  world.gaps = Array.from({ length: 25 }, (_, index) => ({
    ...fakeGap(Math.floor(index / 3), 'lost'),
    gap_id: `${'g'.repeat(90)}${index}`,
  }));
  const seen: string[] = [];
  let next: string | undefined = '/gaps?limit=10&state=lost&from=2024-06-03';
  let link = '';
  while (next !== undefined) {
    const { body, headers }: { body: unknown; headers: Record<string, unknown> } = await ask(next);
    seen.push(...assertPayload(z.array(gapSchema), body).map(({ gap_id }) => gap_id));
    link = String(headers['link'] ?? '');
    next = /<([^>]+)>; rel="next"/.exec(link)?.[1];
    if (next !== undefined)
      assertRefused(await ask(next.replace('state=lost', 'state=open')), 400, 'invalid_cursor', 'Link');
  }
  assert.equal(seen.length, 25);
  assert.equal(new Set(seen).size, 25);
  assertRefused(await ask('/gaps?cursor=nonsense'), 400, 'invalid_cursor', 'cursor:');
});

test('the coverage of a day tells each topic and all of them, cut so that 100 means all', async (t) => {
  const { ask, world } = await openApi(t);
  const start = Date.parse('2024-06-03');
  const trades = { channel: 'trades', ...btc } as const;
  world.now = START;
  world.coverage = {
    spans: [{ topic: trades, since: unixMs(start), until: null }],
    gaps: [
      {
        key: 'n g-1',
        topic: 'trades:linear:BTCUSDT',
        start: start + 1_000,
        end: start + 1_100,
        isMissing: true,
      },
    ],
  };
  const share = { followed_seconds: 43_200, live_percent: 99.999, percent: 99.999 };
  for (const query of ['', '?date=2024-06-03']) {
    assert.deepEqual(assertPayload(coverageSchema, (await ask(`/coverage${query}`)).body), {
      date: '2024-06-03',
      known: true,
      total: share,
      topics: [{ topic: 'trades:linear:BTCUSDT', ...trades, depth: null, interval: null, ...share }],
    });
  }
  const before = assertPayload(coverageSchema, (await ask('/coverage?date=2024-06-02')).body);
  assert.deepEqual(before.total, { followed_seconds: 0, live_percent: null, percent: null });
  for (const date of ['2024-06-04', '2024-02-30', 'today', '2024-06-03T12:00'])
    assertRefused(await ask(`/coverage?date=${date}`), 400, 'invalid_parameter', 'date:');
});
