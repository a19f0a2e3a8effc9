/** Candles, tickers and liquidations: field by field as Bybit sends them, and in agreement with the execution log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Category } from '../../../../connector/exchange/market/instruments.ts';
import type { Client } from '../harness.ts';
import { Harness } from '../harness.ts';
import type { LoggedExecution, Row } from '../market/recount.ts';
import { recount, START } from '../market/recount.ts';

type KlineFrame = { topic: string; type: string; ts: number; data: Row[] };
type TickerFrame = { topic: string; type: string; ts: number; cs: number; data: Record<string, string> };

const symbols = { linear: 'BTCUSDT', spot: 'BTCUSDT', inverse: 'BTCUSD' } as const;
const categories = ['linear', 'spot', 'inverse'] as const satisfies readonly Category[];

function framesOf<Frame>(client: Client, topic: string): Frame[] {
  return client.texts
    .filter((text) => text.startsWith(`{"topic":"${topic}"`))
    .map((text) => JSON.parse(text));
}

function executed(harness: Harness, category: Category, symbol: string): LoggedExecution[] {
  const path = `/sim/executions?category=${category}&symbol=${symbol}&limit=200000`;
  return harness.control('GET', path).json['list'] as LoggedExecution[];
}

for (const category of categories) {
  const symbol = symbols[category];

  test(`every candle of ${category}, of each interval, is the sum of the executions in it`, () => {
    const harness = new Harness({ rate: undefined });
    const client = harness.connect(category, `kline.1.${symbol}`, `kline.3.${symbol}`, `kline.D.${symbol}`);
    harness.pass(410_000);
    harness.control('POST', '/sim/flow', { paused: true });
    const executions = executed(harness, category, symbol);
    for (const interval of ['1', '3', 'D']) {
      const frames = framesOf<KlineFrame>(client, `kline.${interval}.${symbol}`);
      const rows = frames.flatMap(({ data }) => data);
      const truth = recount(executions, category, symbol, interval, harness.now.unix);
      const closed = rows.filter(({ confirm }) => confirm);
      assert.deepEqual(closed, truth.closed, `closed candles of ${interval}`);
      assert.deepEqual(rows.at(-1), truth.open, `the open candle of ${interval}`);
      const query = `category=${category}&symbol=${symbol}&interval=${interval}`;
      assert.deepEqual(harness.control('GET', `/sim/candles?${query}`).json['list'], truth.closed);
      const rest = harness.get(`/v5/market/kline?${query}`).json()['result'] as { list: string[][] };
      const wanted = [...truth.closed, truth.open].toReversed().map(restRow);
      assert.deepEqual(rest.list, wanted, 'REST has them newest first, with the open one');
    }
  });

  test(`a candle of ${category} is pushed at most once a second, and told closed 0.1 to 1 s after its end`, () => {
    const harness = new Harness();
    const client = harness.connect(category, `kline.1.${symbol}`);
    harness.pass(125_000);
    const frames = framesOf<KlineFrame>(client, `kline.1.${symbol}`);
    const closings = frames.filter(({ data }) => data[0]?.confirm === true);
    assert.equal(closings.length, 2);
    for (const { ts, data, type } of closings) {
      const late = ts - (data[0]?.end ?? 0);
      assert.ok(late >= 100 && late <= 1000, `${late} ms late`);
      assert.equal(type, 'snapshot');
    }
    const fresh = category === 'spot' ? frames[frames.indexOf(closings[0] as KlineFrame) + 1] : closings[0];
    const opened = fresh?.data.at(-1);
    assert.equal(
      fresh?.data.length,
      category === 'spot' ? 1 : 2,
      'two rows on contracts, two frames on spot',
    );
    assert.deepEqual([opened?.volume, opened?.turnover, opened?.confirm], ['0', '0', false]);
    assert.equal(opened?.open, closings[0]?.data[0]?.close);
    const open = frames.slice(1).filter(({ data }) => data[0]?.confirm === false && data[0].volume !== '0');
    assert.ok(open.length > 90);
    assert.ok(open.every(({ ts }, index) => index === 0 || ts - (open[index - 1]?.ts ?? 0) >= 1000));
  });

  test(`the ticker of ${category}, merged, is the exchange's, and its sums are those of the executions`, () => {
    const harness = new Harness();
    const client = harness.connect(category, `tickers.${symbol}`);
    let state: Record<string, string> = {};
    harness.pass(10_000);
    harness.control('POST', '/sim/flow', { paused: true });
    const frames = framesOf<TickerFrame>(client, `tickers.${symbol}`);
    for (const { type, data } of frames) state = type === 'snapshot' ? data : { ...state, ...data };
    const { json } = harness.control('GET', `/sim/ticker?category=${category}&symbol=${symbol}`);
    assert.deepEqual(state, json['data']);
    assert.equal(frames.at(-1)?.cs, json['cs']);
    const executions = executed(harness, category, symbol);
    assert.equal(Number(state['lastPrice']), Number(executions.at(-1)?.price));
    const volume = executions.reduce((sum, { size }) => sum + Number(size), 0);
    assert.ok(Math.abs(Number(state['volume24h']) - volume) < 1e-6 * volume);
    const least = category === 'spot' ? 50 : 100;
    assert.ok(frames.length > 20);
    assert.ok(
      frames
        .slice(2)
        .every(({ ts }, index) => ts - (frames[index + 1]?.ts ?? 0) >= least || ts === harness.now.unix),
    );
    if (category === 'spot') {
      assert.deepEqual(Object.keys(frames.at(-1) ?? {}), ['topic', 'ts', 'type', 'cs', 'data']);
      assert.ok(frames.every(({ type, data }) => type === 'snapshot' && !('bid1Price' in data)));
      assert.deepEqual(Object.keys(state), [
        'symbol',
        'lastPrice',
        'highPrice24h',
        'lowPrice24h',
        'prevPrice24h',
        'volume24h',
        'turnover24h',
        'price24hPcnt',
        'usdIndexPrice',
      ]);
      return;
    }
    assert.deepEqual(Object.keys(frames.at(-1) ?? {}), ['topic', 'type', 'data', 'cs', 'ts']);
    assert.deepEqual(frames.map(({ type }) => type).lastIndexOf('snapshot'), 0, 'one snapshot, then deltas');
    assert.ok(
      frames.slice(1).every(({ data }) => Object.keys(data).length < 27 && data['symbol'] === symbol),
    );
    const book = harness.control('GET', `/sim/book?category=${category}&symbol=${symbol}&depth=1`).json;
    assert.deepEqual([[state['bid1Price'], state['bid1Size']]], book['b']);
    assert.deepEqual([[state['ask1Price'], state['ask1Size']]], book['a']);
    assert.deepEqual(
      ['preOpenPrice', 'preQty', 'curPreListingPhase'].map((name) => state[name]),
      ['', '', ''],
    );
    assert.equal(Number(state['openInterest']), 2 * Number(state['singleOpenInterest']));
    assert.equal(Number(state['nextFundingTime']) % 28_800_000, 0);
  });
}

for (const category of ['linear', 'inverse'] as const) {
  test(`liquidations of ${category} are executions of the log, told with the position's side in batches of 500 ms`, () => {
    const symbol = symbols[category];
    const harness = new Harness();
    const client = harness.connect(category, `allLiquidation.${symbol}`);
    harness.pass(120_000);
    harness.control('POST', '/sim/flow', { paused: true });
    const frames = framesOf<{ type: string; ts: number; data: Record<string, unknown>[] }>(
      client,
      `allLiquidation.${symbol}`,
    );
    const rows = frames.flatMap(({ data }) => data);
    assert.ok(rows.length > 10, `${rows.length} liquidations`);
    const { json } = harness.control('GET', `/sim/liquidations?category=${category}&symbol=${symbol}`);
    const logged = json['list'] as {
      T: number;
      side: string;
      size: string;
      price: string;
      execution_id: string;
    }[];
    assert.equal(json['total'], rows.length);
    assert.deepEqual(
      rows,
      logged.map(({ T, side, size, price }) => ({ T, s: symbol, S: side, v: size, p: price })),
    );
    const byId = new Map(executed(harness, category, symbol).map((one) => [one.id, one]));
    for (const { T, side, size, price, execution_id } of logged) {
      const execution = byId.get(execution_id);
      assert.ok(execution);
      assert.deepEqual([T, size], [execution.T, execution.size]);
      assert.equal(side, execution.side === 'Sell' ? 'Buy' : 'Sell', 'a long is closed by selling');
      assert.ok(
        side === 'Buy' ? Number(price) < Number(execution.price) : Number(price) > Number(execution.price),
      );
    }
    assert.ok(
      frames.every(
        ({ ts, type }, index) =>
          type === 'snapshot' && (index === 0 || ts - (frames[index - 1]?.ts ?? 0) >= 495),
      ),
    );
  });
}

test('what does not exist is refused as each market refuses it, and twelve other intervals do exist', () => {
  const harness = new Harness();
  const refused = (category: Category, topic: string) =>
    harness.connect(category, topic).texts.some((text) => text.includes('"success":false'));
  for (const topic of [
    'kline.2.BTCUSDT',
    'kline.1m.BTCUSDT',
    'kline..BTCUSDT',
    'kline.BTCUSDT',
    'tickers.btcusdt',
    'tickers.',
    'ticker.BTCUSDT',
    'liquidation.BTCUSDT',
    'tickers.x.BTCUSDT',
    'kline.1.NOPE',
  ])
    assert.ok(refused('linear', topic), topic);
  assert.ok(refused('spot', 'allLiquidation.BTCUSDT'));
  assert.match(
    harness.connect('spot', 'allLiquidation.BTCUSDT').texts[0] ?? '',
    /Invalid symbol :\[allLiquidation\.BTCUSDT\]/,
  );
  for (const interval of ['1', '3', '5', '15', '30', '60', '120', '240', '360', '720', 'D', 'W', 'M'])
    assert.ok(!refused('spot', `kline.${interval}.BTCUSDT`), interval);
});

test('a second subscriber of a ticker gets the whole of what the first one holds, so that deltas fit both', () => {
  const harness = new Harness();
  const first = harness.connect('linear', 'tickers.BTCUSDT');
  harness.pass(3030);
  const second = harness.connect('linear', 'tickers.BTCUSDT');
  harness.pass(2000);
  const merged = (client: Client) =>
    Object.assign({}, ...framesOf<TickerFrame>(client, 'tickers.BTCUSDT').map(({ data }) => data));
  assert.deepEqual(merged(second), merged(first));
});

test('two sockets of one client get the same trades', () => {
  const harness = new Harness({ rate: 1000 });
  const [one, other] = [
    harness.connect('linear', 'publicTrade.BTCUSDT'),
    harness.connect('linear', 'publicTrade.BTCUSDT'),
  ];
  harness.pass(1000);
  assert.ok(one.trades('BTCUSDT').length > 100);
  assert.deepEqual(one.trades('BTCUSDT'), other.trades('BTCUSDT'));
});

test('REST klines: start alone reads forward, end backward; both ends are within; the limit holds', () => {
  const harness = new Harness();
  harness.pass(600_000);
  const starts = (query: string) => {
    const json = harness.get(`/v5/market/kline?symbol=BTCUSDT&interval=1${query}`).json();
    return (json['result'] as { list: string[][] }).list.map(([start]) => (Number(start) - START) / 60_000);
  };
  const at = (minute: number) => START + minute * 60_000;
  assert.equal(starts('').length, 11);
  assert.deepEqual(
    starts(`&start=${at(3) + 5}&limit=2`),
    [4, 3],
    'the candle that contains start is included',
  );
  assert.deepEqual(starts(`&end=${at(3)}&limit=2`), [3, 2]);
  assert.deepEqual(starts(`&start=${at(3)}&end=${at(6)}&limit=3`), [6, 5, 4]);
  for (const query of ['&limit=0', '&start=soon', '&interval=7'])
    assert.equal(
      harness
        .get(
          `/v5/market/kline?symbol=BTCUSDT&interval=1${query}`.replace('interval=1&interval=7', 'interval=7'),
        )
        .json()['retCode'],
      10001,
    );
});

test('REST tickers list a whole category or one symbol; spot has best bid and ask there', () => {
  const harness = new Harness();
  harness.pass(3000);
  const list = (query: string) =>
    (harness.get(`/v5/market/tickers?${query}`).json()['result'] as { list: Record<string, string>[] }).list;
  assert.equal(list('category=linear').length, 5);
  const [spot] = list('category=spot&symbol=BTCUSDT');
  assert.ok(Number(spot?.['bid1Price']) < Number(spot?.['ask1Price']) && Number(spot?.['bid1Size']) > 0);
  const [linear] = list('category=linear&symbol=BTCUSDT');
  const { data } = harness.control('GET', '/sim/ticker?category=linear&symbol=BTCUSDT').json as {
    data: Record<string, string>;
  };
  assert.deepEqual({ ...linear, deliveryTime: undefined }, { ...data, deliveryTime: undefined });
  assert.equal(linear?.['deliveryTime'], '0');
  assert.equal(harness.get('/v5/market/tickers?category=linear&symbol=NOPE').json()['retCode'], 10001);
});

function restRow({ start, open, high, low, close, volume, turnover }: Row): string[] {
  return [String(start), open, high, low, close, volume, turnover];
}
