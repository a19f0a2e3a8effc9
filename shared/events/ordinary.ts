/**
 * The fast way in for trades and depth, which are nearly all lines there are: a plain check that builds nothing.
 *
 * It answers true only for what the schemas in market-events.ts accept as it is, without a field that they do not know; a
 * property test holds the two together. Whatever it refuses, right or wrong, goes the way of the schemas, which know the
 * reasons. Measured: 0.03 us against 1.7 us for a trade, and the copy that zod makes is saved.
 */
import { type DepthEvent, isLevels, type TradeEvent } from './market-events.ts';

type Raw = Readonly<Record<string, unknown>>;

/** Is this a trade or a depth event exactly as our own connector writes it? */
export function isOrdinaryEvent(raw: Raw): raw is TradeEvent | DepthEvent {
  if (raw['type'] === 'trade') return isOrdinaryTrade(raw);
  return raw['type'] === 'depth' && isOrdinaryDepth(raw);
}

function isOrdinaryTrade(raw: Raw): boolean {
  const { side, is_buyer_maker, origin } = raw;
  return (
    hasMarketFields(raw) &&
    isPositive(raw['price']) &&
    isPositive(raw['qty']) &&
    (side === 'buy' || side === 'sell') &&
    typeof is_buyer_maker === 'boolean' &&
    isText(raw['id'], 64) &&
    (raw['seq'] === undefined || Number.isSafeInteger(raw['seq'])) &&
    isFlag(raw['block']) &&
    isFlag(raw['rpi']) &&
    (origin === undefined || origin === 'live' || origin === 'healed' || origin === 'archive') &&
    fieldsOf(raw) === 9 + countOptional(raw) + present(raw['block']) + present(raw['rpi']) + present(origin)
  );
}

function isOrdinaryDepth(raw: Raw): boolean {
  const { action } = raw;
  const updateId = raw['last_update_id'];
  return (
    hasMarketFields(raw) &&
    (action === undefined || action === 'snapshot' || action === 'delta') &&
    (raw['depth'] === undefined || isCount(raw['depth'])) &&
    isLevels(raw['bids']) &&
    isLevels(raw['asks']) &&
    (updateId === 0 || isCount(updateId)) &&
    (raw['seq'] === undefined || Number.isSafeInteger(raw['seq'])) &&
    fieldsOf(raw) === 7 + countOptional(raw) + present(action) + present(raw['depth'])
  );
}

function hasMarketFields(raw: Raw): boolean {
  const { category } = raw;
  return (
    (raw['n'] === undefined || isCount(raw['n'])) &&
    (category === 'linear' || category === 'spot' || category === 'inverse') &&
    isText(raw['symbol'], 40) &&
    isCount(raw['timestamp']) &&
    (raw['sent_at'] === undefined || isCount(raw['sent_at'])) &&
    (raw['received_at'] === undefined || isCount(raw['received_at']))
  );
}

/** Whole and above zero. */
function isCount(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && Number.isSafeInteger(value);
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && value < Number.POSITIVE_INFINITY;
}

function isText(value: unknown, longest: number): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= longest;
}

function isFlag(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean';
}

/** The optional fields that both kinds have. */
function countOptional(raw: Raw): number {
  return present(raw['n']) + present(raw['sent_at']) + present(raw['received_at']) + present(raw['seq']);
}

function present(value: unknown): number {
  return value === undefined ? 0 : 1;
}

/** How many fields there are. Every one that is not known by name is one too many. */
function fieldsOf(raw: Raw): number {
  let fields = 0;
  for (const _name in raw) fields += 1;
  return fields;
}
