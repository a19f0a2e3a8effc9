/**
 * The answers of /v5/market/instruments-info and /v5/market/tickers (bybit-v5.md 6.5, 8.1, 8.2): what is traded, in which steps,
 * and how much of it.
 *
 * Contracts and spot differ: spot has no step of quantity by that name but the precision of the base coin, other names for its
 * limits, and no pages.
 */
import { fail, ok, type Result } from '../../shared/errors.ts';
import { type InstrumentEvent, instrumentSchema } from '../../shared/events/market-events.ts';
import { type Category, symbolPattern } from '../../shared/market.ts';
import { type UnixMicros, unixMs } from '../../shared/time.ts';
import type { Rows } from '../rest/market-rest.ts';
import { readRows, timeText } from './rest-rows.ts';
import { decimal, isRecord } from './values.ts';

export type InstrumentPage = { readonly rows: Rows<InstrumentEvent>; readonly cursor: string };

/** One page; `cursor` leads to the next one and is empty on the last. */
export function readInstrumentPage(
  result: unknown,
  category: Category,
  receivedAt: UnixMicros,
): Result<InstrumentPage> {
  const at = unixMs(Math.floor(receivedAt / 1_000));
  const read = readRows(result, (row) => readInstrument(row, category, at));
  if (!read.ok) return read;
  const cursor = isRecord(result) ? (result['nextPageCursor'] ?? '') : '';
  if (typeof cursor !== 'string') return fail('answer_bad', 'nextPageCursor is not a text');
  return ok({ rows: read.value, cursor: category === 'spot' ? '' : cursor });
}

const statuses: Readonly<Record<string, InstrumentEvent['status']>> = {
  PreLaunch: 'pre_launch',
  Trading: 'trading',
  Delivering: 'delivering',
  Closed: 'closed',
};

function readInstrument(row: unknown, category: Category, at: number): InstrumentEvent | string {
  if (!isRecord(row)) return 'an instrument is not an object';
  const { symbol, status } = row;
  const prices = fields(row['priceFilter']);
  const lots = fields(row['lotSizeFilter']);
  if (typeof symbol !== 'string' || !symbolPattern.test(symbol)) return 'symbol is not a symbol';
  const limits = category === 'spot' ? spotLimits(lots) : contractLimits(lots);
  const event = {
    type: 'instrument',
    category,
    symbol,
    status: typeof status === 'string' && Object.hasOwn(statuses, status) ? statuses[status] : 'other',
    base: row['baseCoin'],
    quote: row['quoteCoin'],
    ...given('settle', row['settleCoin']),
    tick_size: prices['tickSize'],
    ...limits,
    ...given('launch_at', timeText(row['launchTime'])),
    ...given('delivery_at', timeText(row['deliveryTime'])),
    at,
  };
  // Once a day and page: the schema itself may judge.
  const checked = instrumentSchema.safeParse(event);
  if (!checked.success) return `${symbol}: ${wrongField(checked.error.issues[0])}`;
  const { tick_size, qty_step } = checked.data;
  return Number(tick_size) > 0 && Number(qty_step) > 0 ? checked.data : `${symbol}: a step is zero`;
}

function wrongField(issue: { readonly path: readonly PropertyKey[] } | undefined): string {
  return `${issue?.path.map(String).join('.') ?? 'a field'} is missing or wrong`;
}

type Fields = Readonly<Record<string, unknown>>;

function contractLimits(lots: Fields) {
  return {
    qty_step: lots['qtyStep'],
    ...given('min_qty', lots['minOrderQty']),
    ...given('min_notional', lots['minNotionalValue']),
    ...given('max_limit_qty', lots['maxOrderQty']),
    ...given('max_market_qty', lots['maxMktOrderQty']),
  };
}

/** The minimum of spot is an amount of quote coin; its minOrderQty is deprecated. */
function spotLimits(lots: Fields) {
  return {
    qty_step: lots['basePrecision'],
    ...given('min_notional', lots['minOrderAmt']),
    ...given('max_limit_qty', lots['maxLimitOrderQty']),
    ...given('max_market_qty', lots['maxMarketOrderQty']),
  };
}

/** "" is how the exchange writes "none". */
function given(name: string, value: unknown): Fields {
  return value === undefined || value === null || value === '' ? {} : { [name]: value };
}

function fields(value: unknown): Fields {
  return isRecord(value) ? value : {};
}

/** Turnover of 24 hours by symbol. A row without one is left out. */
export function readTurnovers(result: unknown): Result<ReadonlyMap<string, number>> {
  const read = readRows(result, (row) => {
    const symbol = isRecord(row) ? row['symbol'] : undefined;
    const turnover = isRecord(row) ? decimal(row['turnover24h']) : undefined;
    return typeof symbol !== 'string' || turnover === undefined ? 'no turnover' : { symbol, turnover };
  });
  if (!read.ok) return read;
  return ok(new Map(read.value.rows.map(({ symbol, turnover }) => [symbol, turnover])));
}
