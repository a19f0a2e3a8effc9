/**
 * Listing and delisting on command: what a real exchange does on any day while its clients run.
 */

import type { Exchange } from '../exchange.ts';
import { CATEGORIES } from '../market/instruments.ts';
import { syntheticInstrument } from '../market/synthetic-instruments.ts';
import type { Moment } from '../moment.ts';
import type { HttpAnswer } from '../rest/rest.ts';
import { json, parse } from './answers.ts';

/** Symbols as Bybit forms them: capitals and digits, and a dash before a date. */
const SYMBOL = /^[0-9A-Z]{2,30}(-[0-9A-Z]{1,10})?$/;
/** Markets at most, whatever is listed. */
const MARKETS_MOST = 1000;
const EXPECTED =
  'the body must be {"action": "list" or "delist", "category": "linear", "spot" or "inverse", "symbol": "..."}';

/** Every market with its status. */
export function instruments(exchange: Exchange): readonly Record<string, unknown>[] {
  return exchange.feeds.map(({ instrument, closedAt }) => ({
    category: instrument.category,
    symbol: instrument.symbol,
    status: closedAt === undefined ? 'Trading' : 'Closed',
  }));
}

/** Lists a new market (or one that was delisted, which goes on where it stopped), or delists one. */
export function changeListing(exchange: Exchange, body: string, now: Moment): HttpAnswer {
  const order = parse(body);
  if (typeof order !== 'object' || order === null || Array.isArray(order))
    return json(400, { error: EXPECTED });
  const {
    action,
    category: wanted,
    symbol,
    ...others
  } = { action: undefined, category: undefined, symbol: undefined, ...order };
  const category = CATEGORIES.find((known) => known === wanted);
  const isKnown = action === 'list' || action === 'delist';
  if (!isKnown || category === undefined || typeof symbol !== 'string' || Object.keys(others).length > 0)
    return json(400, { error: EXPECTED });
  const feed = exchange.feed(category, symbol);
  const isTrading = feed !== undefined && feed.closedAt === undefined;
  if (isTrading === (action === 'list'))
    return json(400, {
      error: `${symbol} ${isTrading ? 'is listed already' : 'is not listed'} on ${category}`,
    });
  if (action === 'delist' && feed !== undefined) exchange.delist(feed, now.unix);
  else if (feed !== undefined) exchange.relist(feed);
  else if (!SYMBOL.test(symbol)) return json(400, { error: `${symbol} is no symbol: capitals and digits` });
  else if (exchange.feeds.length >= MARKETS_MOST)
    return json(400, { error: `there are ${MARKETS_MOST} markets already` });
  else exchange.list(syntheticInstrument(category, 1, symbol), now.unix);
  return json(200, { category, symbol, status: action === 'list' ? 'Trading' : 'Closed' });
}
