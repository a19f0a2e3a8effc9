/**
 * The traps that were seen in recorded frames and answers of the exchange, one by one.
 *
 * Each has a test here, or the name of the test that has it elsewhere; a name that no longer exists fails. Frames are written
 * from the tables of fields, with numbers of our own.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { type DataFrame, parseFrame } from '../../../connector/bybit/frames.ts';
import { readDepth, readTrades } from '../../../connector/bybit/market-data.ts';
import { readInstrumentPage } from '../../../connector/bybit/rest-instruments.ts';
import { readTicker } from '../../../connector/bybit/tickers.ts';
import { parseBybitTopic } from '../../../connector/bybit/topics.ts';
import { decimal } from '../../../connector/bybit/values.ts';
import { OrderBook } from '../../../runner/context/order-book.ts';
import type { DepthEvent } from '../../../shared/events/market-events.ts';
import { symbolSchema, type Topic } from '../../../shared/market.ts';
import { unixMicros } from '../../../shared/time.ts';
import { bookFrame, tickerFrame, tradeFrame } from '../../helpers/bybit-frames.ts';
import { FeedWorld } from '../session/feeds/feed-world.ts';
import { contractRow, receivedAt } from './rest-answers.ts';

const at = unixMicros(1_750_000_000_001_000);
const btc = { category: 'linear', symbol: 'BTCUSDT' } as const;
const book: Topic = { channel: 'depth', ...btc, depth: 50 };

function frameOf(text: string): DataFrame {
  const frame = parseFrame(text);
  if (frame.kind !== 'data') throw new Error(`not a data frame: ${text}`);
  return frame;
}

function depthOf(text: string): DepthEvent {
  const event = readDepth(frameOf(text), btc, 50, at);
  if (typeof event === 'string') throw new Error(event);
  return event;
}

/** The best prices after these frames; undefined while a side is empty. */
function bestAfter(...frames: readonly Parameters<typeof bookFrame>[0][]): (number | undefined)[] {
  const orders = new OrderBook(50);
  for (const frame of frames) orders.apply(depthOf(bookFrame(frame)));
  return [orders.bids.bestPrice, orders.asks.bestPrice];
}

const session = 'tests/connector/session/session.test.ts';
const frames = 'tests/connector/bybit/frames.test.ts';
const orderBook = 'tests/runner/context/order-book.test.ts';
const candles = 'tests/connector/session/feeds/candle-line.test.ts';
const envelope = 'tests/connector/bybit/rest-envelope.test.ts';
const restMarket = 'tests/connector/bybit/rest-market.test.ts';
const restReaders = 'tests/connector/bybit/rest-readers.test.ts';

/** Number of the trap, what it is, and where else it is tested. */
const elsewhere: readonly (readonly [trap: number, what: string, file: string, title: string])[] = [
  [
    1,
    'data before the acknowledgement',
    session,
    'data that arrive before the acknowledgement are delivered',
  ],
  [2, 'acknowledgements that name no topic', frames, 'all shapes of acknowledgement are read'],
  [2, 'several requests in flight', session, 'a late acknowledgement of an older request changes nothing'],
  [5, 'four shapes of pong', frames, 'all shapes of pong are pongs'],
  [8, 'the order of keys', frames, 'the order of keys means nothing'],
  [8, 'frames without cts', frames, 'a book without cts takes the push time'],
  [10, 'a level replaced by delete and insert', orderBook, 'judges crossing only after the whole frame'],
  [
    12,
    'levels that leave the depth',
    orderBook,
    'forgets levels beyond the depth of its stream, the worst first',
  ],
  [
    16,
    'u = 1',
    session,
    'an old or repeated update is dropped without a resync; u = 1 in a delta resyncs; a snapshot with u = 1 resets',
  ],
  [19, 'ids beyond 2^53', frames, 'trades carry the taker side, exact ids, and marks only when they are set'],
  [
    20,
    'trades without L, RPI and seq',
    frames,
    'trades carry the taker side, exact ids, and marks only when they are set',
  ],
  [
    23,
    'changes of one field',
    'tests/connector/session/feeds/ticker-watch.test.ts',
    'a change is told with everything known so far; a field without a value leaves',
  ],
  [
    23,
    'spot: no bid and ask',
    'tests/connector/session/feeds/ticker-watch.test.ts',
    'spot: every frame is whole, without bid and ask',
  ],
  [
    24,
    'one frame or two at the minute',
    candles,
    'linear sends the end of one and the beginning of the next in one frame, spot in two: the same is told',
  ],
  [
    24,
    'candles over REST: newest first, texts',
    restReaders,
    'are the oldest first, and end with their interval',
  ],
  [
    38,
    'whatever words and result an answer has',
    envelope,
    'is an answer when retCode is 0, whatever its words and its result are',
  ],
  [38, 'errors with HTTP 200', envelope, 'is judged by its retCode'],
  [
    38,
    'no headers of limits',
    envelope,
    'does not say it on public endpoints, or says a moment that has passed',
  ],
  [
    38,
    'a refusal that repeats the key',
    'tests/shared/io/log.test.ts',
    'the values of secrets are cut out of fields, messages, errors and nested objects',
  ],
  [39, 'no key of a cursor, an empty one', restReaders, 'lead to the next page by a cursor, on spot never'],
  [
    39,
    'a cursor that is encoded already',
    restMarket,
    'are read to the last page, with cursors that go back as they came',
  ],
  [39, 'an empty list with a cursor', restMarket, 'end with an empty page, though it has a cursor'],
  [40, 'steps down to 1e-13', restReaders, 'have steps down to 1e-13, and a status that may be new to us'],
  [40, 'a delivery at "0"', restReaders, 'have a day of delivery only when there is one; "" is absent'],
  [
    41,
    'gaps, and reconnects',
    session,
    'after a reconnect everything wanted is subscribed again, and the hole is told with both its ends',
  ],
  [
    41,
    'u resets',
    session,
    'an old or repeated update is dropped without a resync; u = 1 in a delta resyncs; a snapshot with u = 1 resets',
  ],
  [41, 'a storm of subscriptions', session, 'no more than 20 frames a second leave one socket'],
  [41, 'block trades', frames, 'trades carry the taker side, exact ids, and marks only when they are set'],
];

/** Of private streams, which towline does not read: the tests come with them (the issue on the account). */
const ofPrivateStreams: readonly (readonly [trap: number, what: string])[] = [
  [25, 'topics with and without their market'],
  [26, 'forms of id, shared by the order and the execution of one fill'],
  [27, 'execution.fast without orderLinkId, fee and what is left'],
  [28, 'the sequence of the events of one fill'],
  [29, 'extraFees absent, "" or a list'],
  [30, '"" where a number is meant'],
  [31, 'one field, two types'],
  [32, 'fields that came later'],
  [33, 'a flat position with side "" or "None"'],
  [34, 'a spot market buy in quote that ends as PartiallyFilledCanceled'],
  [35, 'funding and other executions that are no fills'],
  [36, 'negative balances, prices off the grid'],
  [37, 'the price of a market order is its bound'],
];

describe('tested elsewhere', () => {
  for (const [trap, what, file, title] of elsewhere) {
    it(`${trap}: ${what}`, () => {
      const text = readFileSync(path.resolve(import.meta.dirname, '../../..', file), 'utf8');
      assert.ok(text.includes(`'${title}'`), `${file} has no test "${title}"`);
    });
  }
});

describe('order of frames, acknowledgements, keep-alive', () => {
  it('3: an acknowledgement of options, which has no op, is no data and settles nothing', () => {
    const ack = {
      success: true,
      conn_id: 'c',
      type: 'COMMAND_RESP',
      data: { failTopics: [], successTopics: ['x'] },
    };
    assert.equal(parseFrame(JSON.stringify(ack)).kind, 'notice');
  });

  it('4: a refusal with an escaped sign is a refusal that blames no topic', () => {
    const frame = parseFrame(
      '{"success":false,"ret_msg":"args size \\u003e10","conn_id":"c","op":"subscribe"}',
    );
    assert.ok(frame.kind === 'ack');
    assert.deepEqual([frame.success, frame.message, frame.namedTopic], [false, 'args size >10', undefined]);
  });

  it('6, 7: what private sockets answer is never data, and never an acknowledgement of a topic', () => {
    const answers = [
      { success: true, ret_msg: '', op: 'auth', conn_id: 'c' },
      { success: false, ret_msg: 'Invalid sign', op: 'auth', conn_id: 'c' },
      { retCode: 0, retMsg: 'OK', op: 'auth', connId: 'c' },
      {
        reqId: 'r',
        retCode: 110001,
        retMsg: 'order not exists',
        op: 'order.cancel',
        data: {},
        header: {},
        connId: 'c',
      },
    ];
    for (const answer of answers)
      assert.ok(['notice', 'bad'].includes(parseFrame(JSON.stringify(answer)).kind), JSON.stringify(answer));
  });
});

describe('order books', () => {
  it('9: one side of a change may be empty', () => {
    const event = depthOf(bookFrame({ type: 'delta', u: 5, b: [], a: [['50000.10', '3']] }));
    assert.deepEqual([event.bids, event.asks], [[], [[50_000.1, 3]]]);
    assert.deepEqual(
      bestAfter({ type: 'snapshot', u: 4 }, { type: 'delta', u: 5, b: [] }),
      [50_000, 50_000.1],
    );
  });

  it('10: delete and insert of one change may come in either order', () => {
    const [gone, come] = [['50000.00', '0'] as const, ['49999.90', '1'] as const];
    for (const b of [
      [gone, come],
      [come, gone],
    ])
      assert.deepEqual(
        bestAfter({ type: 'snapshot', u: 4 }, { type: 'delta', u: 5, b, a: [] }),
        [49_999.9, 50_000.1],
      );
  });

  it('11: a change may touch hundreds of levels, far ones too', () => {
    const b = Array.from({ length: 355 }, (_, index) => [`${40_000 - index * 10}.50`, '0.001'] as const);
    const event = depthOf(bookFrame({ type: 'delta', u: 5, b, a: [] }));
    assert.equal(event.bids.length, 355);
    assert.deepEqual(event.bids.at(-1), [36_460.5, 0.001]);
  });

  it('13: padded with zeros or not, a price is the same', () => {
    const [padded, plain] = [
      depthOf(bookFrame({ type: 'delta', u: 5, b: [['78707.00', '0.270']] })),
      depthOf(bookFrame({ type: 'delta', u: 5, b: [['78707', '0.27']] })),
    ];
    assert.deepEqual(padded.bids, plain.bids);
  });

  it('14: an empty book without seq, as of options, is a book; their topics are not ours', () => {
    const data = { s: 'BTCUSDT', b: [], a: [], u: 0 };
    const frame = JSON.stringify({ id: 'x', topic: 'orderbook.50.BTCUSDT', ts: 5, type: 'snapshot', data });
    const event = depthOf(frame);
    assert.deepEqual([event.bids, event.asks, event.last_update_id, event.seq], [[], [], 0, undefined]);
    assert.equal(parseBybitTopic('orderbook.25.BTC-27MAR26-70000-C', 'linear'), undefined);
  });

  it('15: u begins anywhere and is of its topic; seq jumps and proves nothing', () => {
    const world = new FeedWorld(book);
    for (const [type, u] of [
      ['snapshot', 192_000_001],
      ['delta', 192_000_002],
      ['delta', 192_000_003],
    ] as const)
      world.frame(bookFrame({ type, u })); // seq is ten times u
    const seqs = world.take().map((event) => (event.type === 'depth' ? event.seq : event.type));
    assert.deepEqual(seqs, [1_920_000_010, 1_920_000_020, 1_920_000_030]);
  });

  it('16: a snapshot with u = 1 begins anew, in the middle of a stream', () => {
    const world = new FeedWorld(book).frame(
      bookFrame({ type: 'snapshot', u: 900 }),
      bookFrame({ type: 'delta', u: 901 }),
    );
    world.frame(bookFrame({ type: 'snapshot', u: 1 }), bookFrame({ type: 'delta', u: 2 }));
    assert.deepEqual(
      world.take().map((event) => (event.type === 'depth' ? event.last_update_id : event.type)),
      [900, 901, 1, 2],
    );
    assert.deepEqual(world.renewed, []);
  });

  it('17: a level of nothing in a snapshot is no level', () => {
    assert.deepEqual(bestAfter({ type: 'snapshot', u: 4, b: [['50000.00', '0']], a: [] }), [
      undefined,
      undefined,
    ]);
  });
});

describe('trades', () => {
  it('18: a batch in which time, price and size repeat is told whole: only the id is unique', () => {
    const ids = Array.from({ length: 46 }, (_, index) => `t${index}`);
    const frame = frameOf(tradeFrame(ids));
    const data = (frame.data as Record<string, unknown>[]).map((row, index) => ({
      ...row,
      seq: 100 + Math.floor(index / 20),
      T: 1_750_000_000_000 + Math.floor(index / 30),
    }));
    const { rows, bad } = readTrades({ ...frame, data }, btc, at);
    assert.equal(bad, undefined);
    assert.deepEqual(
      rows.map(({ id }) => id),
      ids,
    );
    assert.deepEqual([...new Set(rows.map(({ seq }) => seq))], [100, 101, 102]);
    assert.deepEqual(
      [...new Set(rows.map(({ timestamp }) => timestamp))],
      [1_750_000_000_000, 1_750_000_000_001],
    );
  });

  it('21: a trade of another symbol than its topic, as options send them, is not told as of the topic', () => {
    const { rows, bad } = readTrades(
      { ...frameOf(tradeFrame(['a'], { symbol: 'BTC-27MAR26-70000-C' })) },
      { ...btc, symbol: 'BTC' },
      at,
    );
    assert.deepEqual([rows, bad], [[], 's is not BTC']);
  });

  it('22: what only archives write (small sides, powers of ten, seconds) is no trade of a socket', () => {
    for (const text of ['4.50554e+08', '2.563338e+10']) assert.equal(decimal(text), undefined);
    const frame = frameOf(tradeFrame(['a']));
    const [row] = frame.data as Record<string, unknown>[];
    for (const change of [{ S: 'buy' }, { T: 1_750_000_000.1234 }, { v: '4.5e+08' }])
      assert.deepEqual(readTrades({ ...frame, data: [{ ...row, ...change }] }, btc, at).rows, []);
  });
});

describe('tickers', () => {
  it('23: fields that came later, and futures without funding, pass; "" is no value', () => {
    const later = {
      singleOpenInterest: '5',
      singleOpenInterestValue: '6',
      fundingIntervalHour: '8',
      fundingCap: '0.005',
      preOpenPrice: '',
      preQty: '',
      curPreListingPhase: '',
    };
    const futures = {
      fundingRate: '',
      nextFundingTime: '',
      deliveryTime: '2025-12-26T08:00:00Z',
      lastPrice: '100.5',
    };
    const patch = readTicker(frameOf(tickerFrame('snapshot', { ...later, ...futures })), btc);
    assert.ok(typeof patch !== 'string');
    assert.deepEqual(Object.fromEntries(patch.fields), {
      funding_rate: undefined,
      next_funding_at: undefined,
      last_price: 100.5,
    });
  });

  it('23: changes that share one cs (testnet) are all told', () => {
    const world = new FeedWorld({ channel: 'ticker', ...btc });
    const change = (lastPrice: string) => tickerFrame('delta', { lastPrice });
    world.frame(tickerFrame('snapshot', { lastPrice: '1' }), change('2'), change('3'));
    assert.deepEqual(
      world.take().map((event) => (event.type === 'ticker' ? event.last_price : event.type)),
      [1, 2, 3],
    );
  });
});

describe('REST', () => {
  it('40: instruments with dashes or digits in their names, padded steps and kinds that are new to us are read', () => {
    const names = [
      'BTCUSDT-26MAR27',
      'XAUTUSDT-14AUG26',
      '0GUSDT',
      '1000000BABYDOGEUSDT',
      '1INCHUSDT',
      'BTCPERP',
    ];
    const others = { symbolType: 'adventure', priceScale: '7', fundingInterval: 60 };
    const padded = { priceFilter: { tickSize: '0.0000010' }, settleCoin: 'USDC' };
    const list = names.map((symbol) => contractRow({ symbol, ...others, ...padded }));
    const page = readInstrumentPage({ category: 'linear', list }, 'linear', receivedAt);
    assert.ok(page.ok);
    assert.deepEqual(
      page.value.rows.rows.map((event) => [event.symbol, event.settle, event.tick_size]),
      names.map((symbol) => [symbol, 'USDC', '0.0000010']),
    );
    for (const symbol of names) {
      const topic: Topic = { channel: 'trades', category: 'linear', symbol };
      assert.deepEqual(parseBybitTopic(`publicTrade.${symbol}`, 'linear'), topic);
      assert.equal(symbolSchema.safeParse(symbol).success, true, `${symbol} can be asked for`);
    }
  });
});

it('every trap from 1 to 41 has a test, or is of private streams', () => {
  const text = readFileSync(import.meta.filename, 'utf8');
  const tested = new Set(elsewhere.map(([trap]) => trap));
  for (const [, list = ''] of text.matchAll(/it\('((?:\d+, )*\d+):/g))
    for (const one of list.split(', ')) tested.add(Number(one));
  const notBuilt = ofPrivateStreams.map(([trap]) => trap);
  assert.deepEqual(
    notBuilt.filter((trap) => tested.has(trap)),
    [],
    'what is tested is built',
  );
  assert.deepEqual(
    [...tested, ...notBuilt].toSorted((one, other) => one - other),
    Array.from({ length: 41 }, (_, index) => index + 1),
  );
});
