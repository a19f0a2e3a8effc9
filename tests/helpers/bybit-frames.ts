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
