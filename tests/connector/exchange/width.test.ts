/** Hundreds of markets: what they look like, how they come and go, and how the rate is spread over them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INSTRUMENTS } from '../../../connector/exchange/market/instruments.ts';
import { syntheticInstruments } from '../../../connector/exchange/market/synthetic-instruments.ts';
import { Harness } from './harness.ts';

type Entry = {
  symbol: string;
  status: string;
  contractType: string;
  deliveryTime: string;
  priceFilter: { tickSize: string };
};

function instrumentsOf(harness: Harness, query: string): Entry[] {
  const list: Entry[] = [];
  let cursor = '';
  do {
    const path = `/v5/market/instruments-info?${query}&limit=200&cursor=${cursor}`;
    const page = harness.get(path).json()['result'] as { list: Entry[]; nextPageCursor?: string };
    list.push(...page.list);
    cursor = page.nextPageCursor ?? '';
  } while (cursor !== '');
  return list;
}

test('made-up instruments differ in tick, name and pace, and are the same in every run', () => {
  const list = syntheticInstruments(600);
  assert.deepEqual(list, syntheticInstruments(600));
  const all = [...INSTRUMENTS, ...list];
  assert.equal(new Set(all.map(({ category, symbol }) => `${category} ${symbol}`)).size, all.length);
  const linear = list.filter(({ category }) => category === 'linear');
  assert.deepEqual([linear.length, list.length], [600, 672]);
  assert.ok(linear.some(({ priceDigits, tickUnits }) => priceDigits === 7 && tickUnits === 1));
  assert.ok(linear.some(({ symbol }) => symbol.startsWith('1000S')));
  assert.ok(linear.some(({ symbol }) => symbol.includes('-')));
  const busy = linear.filter(({ stepsPerSecond }) => stepsPerSecond > 15).length;
  const quiet = linear.filter(({ stepsPerSecond }) => stepsPerSecond < 1).length;
  assert.ok(busy > 10 && busy < 100 && quiet > 250, `${busy} busy, ${quiet} quiet`);
});

test('600 markets are paged by cursor, tick and delivery as they are, and all of them can be subscribed', () => {
  const harness = new Harness({ symbols: 600 });
  const linear = instrumentsOf(harness, 'category=linear');
  assert.equal(linear.length, 605);
  assert.ok(linear.some(({ priceFilter }) => priceFilter.tickSize === '0.0000001'));
  const dated = linear.find(({ symbol }) => symbol === 'S025USDT-25JUN27');
  assert.deepEqual([dated?.contractType, dated?.deliveryTime], ['LinearFutures', '1813910400000']);
  const symbols = linear.map(({ symbol }) => symbol).filter((symbol) => symbol !== 'QNTUSDT');
  const clients = symbols.map((symbol) =>
    harness.connect('linear', `orderbook.50.${symbol}`, `tickers.${symbol}`),
  );
  harness.pass(20);
  assert.ok(clients.every(({ texts }) => texts.some((text) => text.includes('"success":true'))));
  assert.ok(clients.every(({ texts }) => (JSON.parse(texts[0] ?? '').data.b as unknown[]).length === 50));
});

for (const spread of ['natural', 'equal'] as const) {
  test(`the rate is met and spread ${spread === 'natural' ? 'over few busy and many quiet markets' : 'equally'}`, () => {
    const harness = new Harness({ symbols: 100, rate: 2000, spread });
    const topics = harness.exchange.feeds
      .filter(({ instrument }) => instrument.category === 'linear' && instrument.symbol.includes('S0'))
      .map(({ instrument }) => `orderbook.50.${instrument.symbol}`);
    const client = harness.connect('linear', ...topics);
    harness.pass(1000);
    const frames = topics.map((topic) => client.frames(topic).length - 1);
    const total = frames.reduce((sum, one) => sum + one, 0);
    assert.ok(Math.abs(total - 2000) < 50, `${total} frames`);
    const most = Math.max(...frames);
    const least = Math.min(...frames);
    assert.ok(spread === 'equal' ? most - least < 12 : most > 8 * (least + 1), `${least} to ${most}`);
  });
}

test('a delisted market is Closed, its stream ends and its topics are refused; listed again it goes on', () => {
  const harness = new Harness({ symbols: 10 });
  const client = harness.connect('linear', 'publicTrade.BTCUSDT', 'tickers.BTCUSDT', 'orderbook.50.ETHUSDT');
  harness.pass(1000);
  const order = (action: string, symbol = 'BTCUSDT') =>
    harness.control('POST', '/sim/instruments', { action, category: 'linear', symbol });
  assert.equal(order('delist').status, 200);
  const before = client.texts.filter((text) => text.includes('BTCUSDT')).length;
  harness.pass(3000);
  assert.equal(client.texts.filter((text) => text.includes('BTCUSDT')).length, before);
  assert.ok(client.frames('orderbook.50.ETHUSDT').length > 10, 'others go on');
  assert.ok(instrumentsOf(harness, 'category=linear').every(({ symbol }) => symbol !== 'BTCUSDT'));
  const [closed] = instrumentsOf(harness, 'category=linear&status=Closed');
  assert.deepEqual(
    [closed?.symbol, closed?.status, Number(closed?.deliveryTime) > 0],
    ['BTCUSDT', 'Closed', true],
  );
  assert.match(
    harness.connect('linear', 'publicTrade.BTCUSDT').texts[0] ?? '',
    /handler not found,topic:publicTrade\.BTCUSDT/,
  );
  assert.equal(harness.get('/v5/market/orderbook?category=linear&symbol=BTCUSDT').json()['retCode'], 10001);
  assert.equal(order('list').status, 200);
  const again = harness.connect('linear', 'publicTrade.BTCUSDT');
  harness.pass(20_000);
  assert.ok(again.trades('BTCUSDT').length > 0);
  assert.equal(order('list', 'NEWUSDT').status, 200);
  assert.ok(harness.connect('linear', 'orderbook.50.NEWUSDT').frames('orderbook.50.NEWUSDT').length === 1);
  assert.match(String(order('list').json['error']), /is listed already/);
  assert.match(String(order('delist', 'NOPE').json['error']), /is not listed/);
  assert.match(String(order('list', 'new').json['error']), /capitals and digits/);
  assert.match(String(order('explode').json['error']), /the body must be/);
});
