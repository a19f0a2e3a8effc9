/**
 * The promises of candles: the exchange's closed ones are told as they are, each once, or lie inside a gap; those that the
 * runner builds from trades, and calls complete, hold exactly what was executed.
 */

import type { Feed } from '../../../connector/exchange/feeds/topics.ts';
import type { Interval } from '../../../connector/exchange/market/candles.ts';
import { priceText, sizeText } from '../../../connector/exchange/market/instruments.ts';
import type { Execution } from '../../../connector/exchange/market/market.ts';
import type { Candle } from '../../../runner/context/candle.ts';
import type { KlineEvent } from '../../../shared/events/market-events.ts';
import type { GapEvent } from '../../../shared/events/process-events.ts';
import type { Broken } from '../world/journal.ts';

type Problem = Omit<Broken, 'atMs'>;

/** Is this closed candle what the exchange has? */
export function checkKline(event: KlineEvent, { instrument, statistics }: Feed): Problem | undefined {
  const truth = statistics.candles.candle(event.interval satisfies Interval, event.start);
  const name = `${event.category}:${event.symbol} ${event.interval} at ${event.start}`;
  if (truth === undefined)
    return { invariant: "a closed candle is the exchange's", what: `${name} does not exist` };
  const told = [event.open, event.high, event.low, event.close, event.volume];
  const { open, high, low, close, volume } = truth;
  const wanted = [
    ...[open, high, low, close].map((price) => Number(priceText(instrument, price))),
    Number(sizeText(instrument, volume)),
  ];
  if (told.every((value, index) => value === wanted[index])) return undefined;
  return {
    invariant: "a closed candle is the exchange's",
    what: `${name} is told as ${told.join(' ')}, not ${wanted.join(' ')}`,
  };
}

/** Are all closed candles from the first that was seen, open (`owedFrom`) or closed, to the last that was told there, or inside a gap? */
export function checkKlineRow(
  starts: ReadonlySet<number>,
  owedFrom: number | undefined,
  gaps: readonly GapEvent[],
  lengthMs: number,
): Problem | undefined {
  if (starts.size === 0) return undefined;
  const first = [...starts].reduce((a, b) => Math.min(a, b), owedFrom ?? Number.POSITIVE_INFINITY);
  const last = [...starts].reduce((a, b) => Math.max(a, b));
  for (let start = first; start <= last; start += lengthMs) {
    if (starts.has(start)) continue;
    const isMissing = gaps.some(
      ({ state, from, to }) =>
        state !== 'healed' &&
        (from === null || Number(from.id) < start) &&
        (to === null || Number(to.id) > start),
    );
    if (!isMissing) {
      const list = gaps
        .map(({ gap_id, state, from, to }) => `${gap_id} ${state} ${from?.id}..${to?.id}`)
        .join('; ');
      return {
        invariant: 'a closed candle that is not told lies in a gap',
        what: `${start} of ${first}..${last}; gaps: ${list}`,
      };
    }
  }
  return undefined;
}

/** Does a candle that was built from trades, and that is closed and complete, hold what was executed? */
export function checkBuilt(
  candle: Candle,
  executions: readonly Execution[],
  { instrument }: Feed,
): Problem | undefined {
  if (!candle.closed || !candle.complete) return undefined;
  const inside = executions.filter(({ at }) => at >= candle.start && at <= candle.end);
  const name = `${candle.category}:${candle.symbol} ${candle.timeframe} at ${candle.start}`;
  const invariant = 'a complete candle holds what was executed';
  if (inside.length !== candle.count)
    return { invariant, what: `${name} counts ${candle.count} of ${inside.length} trades` };
  const prices = inside.map(({ price }) => Number(priceText(instrument, price)));
  const volume = inside.reduce((sum, { size }) => sum + Number(sizeText(instrument, size)), 0);
  if (Math.abs(volume - candle.volume) > 1e-6 * (1 + volume))
    return { invariant, what: `${name} has volume ${candle.volume}, not ${volume}` };
  if (inside.length === 0) return undefined;
  const told = [candle.open, candle.high, candle.low, candle.close];
  const wanted = [prices[0], Math.max(...prices), Math.min(...prices), prices.at(-1)];
  return told.every((value, index) => value === wanted[index])
    ? undefined
    : { invariant, what: `${name} is ${told.join(' ')}, not ${wanted.join(' ')}` };
}
