/** What is known of both sides after a fault, as fetched: the exchange's truth, and what the runner says. */
import assert from 'node:assert/strict';
import type { Exchange, Runner } from '../helpers/processes.ts';
import type { Market } from './world.ts';

export type GapEnd = { readonly id: string; readonly time: string };
export type Gap = {
  readonly gap_id: string;
  readonly state: 'open' | 'healed' | 'lost';
  readonly channel: string;
  readonly category: string;
  readonly symbol: string;
  readonly cause: string;
  readonly from: GapEnd | null;
  readonly to: GapEnd | null;
  readonly healed_by: string | null;
  readonly recovered: number | null;
};

export type Execution = {
  readonly id: string;
  readonly T: number;
  readonly price: string;
  readonly size: string;
  readonly side: string;
};
export type TapeRow = {
  readonly trade_id: string;
  readonly time: string;
  readonly price: number;
  readonly qty: number;
  readonly side: string;
};
export type TrueLiquidation = {
  readonly T: number;
  readonly side: string;
  readonly size: string;
  readonly price: string;
};
export type ToldLiquidation = {
  readonly time: string;
  readonly position: string;
  readonly qty: number;
  readonly price: number;
};
export type TrueCandle = Readonly<
  Record<'open' | 'close' | 'high' | 'low' | 'volume' | 'turnover', string>
> & { readonly start: number };
export type ToldCandle = Readonly<
  Record<'open' | 'close' | 'high' | 'low' | 'volume' | 'turnover', number>
> & {
  readonly time: string;
  readonly closed: boolean;
};
export type TrueBook = {
  readonly u: number;
  readonly b: readonly string[][];
  readonly a: readonly string[][];
};
export type ToldBook = {
  readonly valid: boolean;
  readonly last_update_id: number | null;
  readonly bids: readonly number[][];
  readonly asks: readonly number[][];
};
export type TrueTicker = Readonly<Record<string, string>>;
export type ToldTicker = Readonly<Record<string, number | string | boolean | null>>;

async function json<T>(url: string): Promise<T> {
  const response = await fetch(url);
  const text = await response.text();
  assert.ok(response.ok || response.status === 503, `${url}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

const named = ({ category, symbol }: Pick<Market, 'category' | 'symbol'>): string =>
  `category=${category}&symbol=${symbol}`;

/** Every execution from `anchor` on (that one included), oldest first, and the place of the first one in the whole history. */
export async function executionsFrom(
  exchange: Exchange,
  market: Market,
  anchor: Execution | undefined,
): Promise<{ readonly rows: readonly Execution[]; readonly total: number }> {
  const after = anchor === undefined ? '' : `&after=${anchor.id}`;
  const { list, total } = await json<{ list: Execution[]; total: number }>(
    `${exchange.url}/sim/executions?${named(market)}&limit=200000${after}`,
  );
  return { rows: anchor === undefined ? list : [anchor, ...list], total };
}

/** The tape from a moment on, oldest first, page by page. */
export async function tapeFrom(runner: Runner, market: Market, sinceMs: number): Promise<readonly TapeRow[]> {
  const since = new Date(sinceMs).toISOString();
  const end = new Date(Date.now() + 3_600_000).toISOString();
  let next: string | undefined =
    `/trades/range?${named(market)}&start_time=${since}&end_time=${end}&limit=10000`;
  const rows: TapeRow[] = [];
  while (next !== undefined) {
    const response: Response = await fetch(`${runner.api}${next}`);
    assert.equal(response.status, 200, await response.clone().text());
    rows.push(...((await response.json()) as TapeRow[]));
    next = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
  }
  return rows.reverse();
}

/** Rows of a page. */
export const MOST_GAPS = 1_000;

/** The newest gaps of all channels, newest first: enough for what one cell or fifty breaks can cause. */
export function newestGaps(runner: Runner): Promise<readonly Gap[]> {
  return runner.get<Gap[]>(`/gaps?limit=${MOST_GAPS}`);
}

export function trueBook(exchange: Exchange, market: Market): Promise<TrueBook> {
  return json(`${exchange.url}/sim/book?${named(market)}&depth=50`);
}

export function toldBook(runner: Runner, market: Market): Promise<ToldBook> {
  return json(`${runner.api}/orderbook?${named(market)}&levels=50`);
}

export async function trueTicker(exchange: Exchange, market: Market): Promise<TrueTicker> {
  return (await json<{ data: TrueTicker }>(`${exchange.url}/sim/ticker?${named(market)}`)).data;
}

export function toldTicker(runner: Runner, market: Market): Promise<ToldTicker> {
  return json(`${runner.api}/ticker?${named(market)}`);
}

export async function trueCandles(exchange: Exchange, market: Market): Promise<readonly TrueCandle[]> {
  return (await json<{ list: TrueCandle[] }>(`${exchange.url}/sim/candles?${named(market)}&interval=1`)).list;
}

/** The closed ones, oldest first. */
export async function toldCandles(runner: Runner, market: Market): Promise<readonly ToldCandle[]> {
  const rows = await json<ToldCandle[]>(`${runner.api}/klines?${named(market)}&interval=1&limit=1000`);
  return rows.filter(({ closed }) => closed).reverse();
}

export async function trueLiquidations(
  exchange: Exchange,
  market: Market,
): Promise<readonly TrueLiquidation[]> {
  return (await json<{ list: TrueLiquidation[] }>(`${exchange.url}/sim/liquidations?${named(market)}`)).list;
}

/** Oldest first. */
export async function toldLiquidations(runner: Runner, market: Market): Promise<readonly ToldLiquidation[]> {
  const rows = await json<ToldLiquidation[]>(`${runner.api}/liquidations?${named(market)}&limit=1000`);
  return rows.reverse();
}
