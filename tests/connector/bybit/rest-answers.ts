/** Answers of the REST interface to build tests from, after the field tables of the exchange. */
import type { RestAnswer } from '../../../connector/rest/request.ts';
import { unixMicros, unixMs } from '../../../shared/time.ts';

/** The exchange's clock in these answers, ms. */
export const at = 1_750_000_000_123;
export const receivedAt = unixMicros((at + 60) * 1_000);

export function answerOf(result: unknown, exchangeAt = at): RestAnswer {
  return {
    result,
    exchangeAt: unixMs(exchangeAt),
    sentAt: unixMicros((at + 40) * 1_000),
    receivedAt,
    tookMs: 20,
  };
}

export function tradeRow(changed: object): object {
  return {
    execId: 'id-1',
    symbol: 'BTCUSDT',
    price: '65000.10',
    size: '0.250',
    side: 'Buy',
    time: String(at),
    isBlockTrade: false,
    isRPITrade: false,
    seq: '1783284617',
    ...changed,
  };
}

export function contractRow(changed: object): object {
  return {
    symbol: 'BTCUSDT',
    contractType: 'LinearPerpetual',
    status: 'Trading',
    baseCoin: 'BTC',
    quoteCoin: 'USDT',
    settleCoin: 'USDT',
    launchTime: '1585526400000',
    deliveryTime: '0',
    priceScale: '2',
    priceFilter: { minPrice: '0.10', maxPrice: '1999999.80', tickSize: '0.10' },
    lotSizeFilter: {
      maxOrderQty: '1190.000',
      minOrderQty: '0.001',
      qtyStep: '0.001',
      maxMktOrderQty: '500.000',
      minNotionalValue: '5',
    },
    fundingInterval: 480,
    preListingInfo: null,
    ...changed,
  };
}

export function spotRow(changed: object): object {
  return {
    symbol: 'BTCUSDT',
    baseCoin: 'BTC',
    quoteCoin: 'USDT',
    status: 'Trading',
    lotSizeFilter: {
      basePrecision: '0.000001',
      quotePrecision: '0.0000001',
      minOrderQty: '0.000011',
      maxOrderQty: '83',
      minOrderAmt: '5',
      maxOrderAmt: '8000000',
      maxLimitOrderQty: '83',
      maxMarketOrderQty: '41.5',
    },
    priceFilter: { tickSize: '0.1' },
    ...changed,
  };
}
