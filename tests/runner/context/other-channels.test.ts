import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Context } from '../../../runner/context/context.ts';
import type { TowlineEvent } from '../../../shared/events/event.ts';
import type { Topic } from '../../../shared/market.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { monoMs, unixMs } from '../../../shared/time.ts';
import { bitcoin, kline, liquidation, status, T0, ticker, trade } from '../intake/events.ts';

const minutes: Topic = { channel: 'kline', interval: '1', ...bitcoin };
const hours: Topic = { channel: 'kline', interval: '60', ...bitcoin };
const tickers: Topic = { channel: 'ticker', ...bitcoin };
const liquidations: Topic = { channel: 'liquidation', ...bitcoin };
const MINUTE = 60_000;

function world(wanted: readonly Topic[] = [minutes, hours, tickers, liquidations], candleBudget?: number) {
  const context = new Context(
    {
      wanted,
      freshness: scaledPolicy().freshness,
      tapeCapacity: 100,
      ...(candleBudget === undefined ? {} : { candleBudget }),
    },
    { onBookBroken: () => assert.fail('no book is wanted'), onCandle: () => undefined },
  );
  const { others } = context;
  return {
    context,
    apply: (event: TowlineEvent) => context.apply(event, monoMs(1), unixMs(T0)),
    ticker: () => others.tickerOf(bitcoin, monoMs(1)),
    klines: (limit = 100) => others.klinesOf(bitcoin, '1', limit, monoMs(1)),
    liquidations: () => [...(others.liquidationsOf(bitcoin) ?? [])].map(({ price }) => price),
  };
}

describe('tickers', () => {
  it('show the last whole one', () => {
    const { apply, ticker: now } = world();
    assert.deepEqual(now(), {
      ...bitcoin,
      valid: false,
      reason: 'no ticker yet over the present connection',
      ticker: null,
    });
    apply(ticker({ last_price: 1 }));
    apply(ticker({ last_price: 2 }));
    assert.equal(now()?.valid, true);
    assert.equal(now()?.ticker?.last_price, 2);
  });

  it('are no longer true when the socket is lost or the child dies, until the next one comes', () => {
    const { apply, ticker: now, context } = world();
    apply(ticker());
    apply(status('disconnected', { scope: 'public', category: 'linear', reason: 'closed 1006' }));
    assert.deepEqual([now()?.valid, now()?.reason, now()?.ticker?.last_price], [false, 'closed 1006', 100]);
    apply(status('connected', { scope: 'public', category: 'linear' }));
    assert.deepEqual([now()?.valid, now()?.reason], [false, 'no ticker yet over the present connection']);
    apply(ticker());
    assert.equal(now()?.valid, true);
    context.childEnded();
    assert.deepEqual([now()?.valid, now()?.reason], [false, 'the connector ended']);
  });

  it('go with their topic', () => {
    const { apply, ticker: now, context } = world();
    apply(ticker());
    context.unwant(tickers);
    assert.equal(now(), undefined);
    assert.equal(apply(ticker()), false, 'nobody is told');
    context.want(tickers);
    assert.equal(now()?.ticker, null);
  });
});

describe("the exchange's candles", () => {
  it('are kept by interval, and told once when closed', () => {
    const { apply, klines, context } = world();
    assert.equal(apply(kline()), true);
    assert.equal(apply(kline()), false, 'a second one with the same start');
    assert.equal(context.others.repeatedKlines, 1);
    assert.equal(context.unwanted, 0);
    assert.equal(apply(kline({ interval: '60' })), true, 'another interval is another row');
    assert.equal(apply(kline({ interval: '5' })), false, 'not wanted');
    assert.equal(context.unwanted, 1);
    assert.equal(klines()?.closed.length, 1);
    assert.equal(context.others.klinesOf(bitcoin, '5', 9, monoMs(1)), undefined);
  });

  it('show the one in the making only while it is "now"', () => {
    const { apply, klines } = world();
    apply(kline());
    apply(kline({ start: T0 + MINUTE, closed: false }));
    assert.deepEqual([klines()?.open?.start, klines()?.closed.length], [T0 + MINUTE, 1]);
    assert.equal(klines(1)?.closed.length, 0, 'it counts for the limit');
    apply(status('disconnected', { scope: 'public', category: 'linear' }));
    assert.deepEqual([klines()?.open, klines(1)?.closed.length], [undefined, 1]);
  });

  it('begin anew when their topic was given up', () => {
    const { apply, klines, context } = world();
    apply(kline());
    context.unwant(minutes);
    assert.equal(klines(), undefined);
    context.want(minutes);
    assert.deepEqual(klines(), { closed: [], open: undefined });
    assert.equal(apply(kline()), true);
  });
});

describe('liquidations', () => {
  it('are kept newest first, and go with their topic', () => {
    const { apply, liquidations: now, context } = world();
    for (const price of [1, 2, 3]) assert.equal(apply(liquidation({ price })), true);
    assert.deepEqual(now(), [3, 2, 1]);
    assert.equal(apply(liquidation({ symbol: 'ETHUSDT' })), false);
    context.unwant(liquidations);
    assert.equal(context.others.liquidationsOf(bitcoin), undefined);
    context.want(liquidations);
    assert.deepEqual(now(), []);
  });

  it('are bounded by symbol', () => {
    const { apply, liquidations: now } = world();
    for (let price = 1; price <= 1_010; price += 1) apply(liquidation({ price }));
    assert.equal(now().length, 1_000);
    assert.equal(now()[0], 1_010);
  });
});

describe('all candles together', () => {
  it('keep to one budget, our own and those of the exchange', () => {
    const trades: Topic = { channel: 'trades', ...bitcoin };
    const { apply, klines, context } = world([trades, minutes], 20);
    for (let minute = 0; minute < 30; minute += 1) {
      const start = T0 + minute * MINUTE;
      context.apply(trade({ id: `${minute}`, timestamp: start }), monoMs(minute * MINUTE), unixMs(start));
      apply(kline({ start }));
    }
    const end = T0 + 30 * MINUTE;
    context.advance(monoMs(30 * MINUTE), unixMs(end));
    const own = context.instrument(bitcoin)?.candles;
    const lengths = [klines()?.closed.length, own?.['1m'].length, own?.['5m'].length];
    assert.deepEqual(lengths, [7, 7, 6]);
    // A late trade of a forgotten minute does not begin its candle anew.
    context.apply(trade({ id: 'late', timestamp: T0 + 1 }), monoMs(30 * MINUTE), unixMs(end));
    assert.equal(own?.['1m'].length, 7);
    assert.equal(own?.['1m'].list().at(-1)?.start, T0 + 29 * MINUTE);
  });
});
