/** Frames as the exchange's documentation describes them, written by hand from its field tables; the tests' own numbers. */

export function tradeFrame(
  ids: readonly string[],
  options: { symbol?: string; at?: number; seq?: number } = {},
): string {
  const { symbol = 'BTCUSDT', at = 1_750_000_000_000, seq = 100 } = options;
  const data = ids.map((id) => ({
    T: at,
    s: symbol,
    S: 'Buy',
    v: '0.010',
    p: '50000.10',
    L: 'PlusTick',
    i: id,
    BT: false,
    RPI: false,
    seq,
  }));
  return JSON.stringify({ topic: `publicTrade.${symbol}`, type: 'snapshot', ts: at + 1, data });
}

export type BookFrame = {
  readonly type: 'snapshot' | 'delta';
  readonly u: number;
  readonly symbol?: string;
  readonly depth?: number;
  readonly b?: readonly (readonly [string, string])[];
  readonly a?: readonly (readonly [string, string])[];
};

export function bookFrame({
  type,
  u,
  symbol = 'BTCUSDT',
  depth = 50,
  b = [['50000.00', '1.5']],
  a = [['50000.10', '2']],
}: BookFrame): string {
  const ts = 1_750_000_000_000 + u;
  return JSON.stringify({
    topic: `orderbook.${depth}.${symbol}`,
    type,
    ts,
    data: { s: symbol, b, a, u, seq: u * 10 },
    cts: ts - 3,
  });
}

export type KlineRow = {
  readonly start: number;
  readonly confirm: boolean;
  readonly close?: string;
  readonly volume?: string;
};

/** Rows of one candle frame; each candle is `minutes` long. */
export function klineFrame(
  rows: readonly KlineRow[],
  options: { symbol?: string; interval?: string; minutes?: number } = {},
): string {
  const { symbol = 'BTCUSDT', interval = '1', minutes = 1 } = options;
  const data = rows.map(({ start, confirm, close = '50000.5', volume = '1.250' }) => ({
    start,
    end: start + minutes * 60_000 - 1,
    interval,
    open: '50000.10',
    close,
    high: '50010',
    low: '49990.5',
    volume,
    turnover: '62500.25',
    confirm,
    timestamp: start + (confirm ? minutes * 60_000 : 1_000),
  }));
  const ts = Math.max(1, ...data.map(({ timestamp }) => timestamp)) + 5;
  return JSON.stringify({ topic: `kline.${interval}.${symbol}`, data, ts, type: 'snapshot' });
}

/** A ticker frame; `fields` as the exchange writes them. */
export function tickerFrame(
  type: 'snapshot' | 'delta',
  fields: Readonly<Record<string, string>>,
  options: { symbol?: string; at?: number } = {},
): string {
  const { symbol = 'BTCUSDT', at = 1_750_000_000_000 } = options;
  const data = { symbol, ...fields };
  return JSON.stringify({ topic: `tickers.${symbol}`, type, data, cs: 24_987_956_059, ts: at });
}

export type LiquidationRow = {
  readonly S: 'Buy' | 'Sell';
  readonly p: string;
  readonly v?: string;
  readonly at?: number;
};

export function liquidationFrame(rows: readonly LiquidationRow[], symbol = 'BTCUSDT'): string {
  const data = rows.map(({ S, p, v = '0.003', at = 1_750_000_000_000 }) => ({ T: at, s: symbol, S, v, p }));
  return JSON.stringify({ topic: `allLiquidation.${symbol}`, type: 'snapshot', ts: 1_750_000_000_400, data });
}

export const linearAck = (reqId: string) =>
  JSON.stringify({ success: true, ret_msg: '', conn_id: 'c-1', req_id: reqId, op: 'subscribe' });
export const spotAck = (reqId: string) =>
  JSON.stringify({ success: true, ret_msg: 'subscribe', conn_id: 'c-1', req_id: reqId, op: 'subscribe' });
export const refusal = (reqId: string | undefined, message: string) =>
  JSON.stringify({
    success: false,
    ret_msg: message,
    conn_id: 'c-1',
    ...(reqId === undefined ? {} : { req_id: reqId }),
    op: 'subscribe',
  });
