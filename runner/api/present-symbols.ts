/** The symbols and what the exchange says of them, as the API shows them. */
import type { InstrumentEvent } from '../../shared/events/market-events.ts';
import type { SymbolRow, SymbolsView } from '../symbols/symbols-view.ts';
import { isoOrNull } from './present-market.ts';
import type { InstrumentPayload, SymbolsPayload } from './symbol-payloads.ts';

export function presentSymbols(view: SymbolsView): SymbolsPayload {
  return {
    wanted: view.wanted,
    acknowledged: view.acknowledged,
    refused: view.refused,
    left_out: view.leftOut,
    filters: view.filters.map(({ category, filters, symbols, at, from, fault }) => ({
      category,
      filters: [...filters],
      symbols,
      time: isoOrNull(at),
      from,
      reason: fault,
    })),
    removed: view.removed.map(({ category, symbol }) => ({ category, symbol })),
    symbols: view.symbols.map(presentRow),
  };
}

function presentRow(row: SymbolRow): SymbolsPayload['symbols'][number] {
  const { category, symbol, source, channels, wanted, acknowledged, refused, facts } = row;
  return {
    category,
    symbol,
    source,
    channels: [...channels],
    wanted,
    acknowledged,
    refused,
    instrument: facts === undefined ? null : presentInstrument(facts),
  };
}

export function presentInstrument(facts: InstrumentEvent): InstrumentPayload {
  const { category, symbol, status, base, quote, tick_size, qty_step } = facts;
  return {
    category,
    symbol,
    status,
    base,
    quote,
    settle: facts.settle ?? null,
    tick_size,
    qty_step,
    min_qty: facts.min_qty ?? null,
    min_notional: facts.min_notional ?? null,
    max_limit_qty: facts.max_limit_qty ?? null,
    max_market_qty: facts.max_market_qty ?? null,
    launch_time: isoOrNull(facts.launch_at ?? null),
    delivery_time: isoOrNull(facts.delivery_at ?? null),
    turnover_24h: facts.turnover_24h ?? null,
  };
}
