/**
 * Could the exchange's list of recent trades have shown what a gap still misses? Reckoned from what was told, gap by gap, so that no
 * allowance hides a gap that was just within reach. Pure.
 *
 * Behind a gap of which a list brought the newer part stand the rows of that list, told as healed, and then the first live
 * trade. The oldest of those rows says how many trades there were when the list was read, the live trade when the topic was back.
 */

type OpenGap = {
  /** Places of its ends among all executions of the market. */
  readonly from: number;
  readonly to: number;
  /** How the execution at this place was told; undefined when it was not. */
  readonly originAt: (place: number) => string | undefined;
  /** Executions that are known. */
  readonly length: number;
  /** Rows of the list. */
  readonly reach: number;
};

/** Trades that may be made between the first live one and the reading of the list: half a second of them at the rates of these worlds. */
const WHILE_READING = 20;

/** Trades that were made between the first live one behind the gap and the reading of the list; undefined: no list brought anything. */
function readLate({ to, originAt, reach, ...gap }: OpenGap): number | undefined {
  if (originAt(to) !== 'healed') return undefined;
  return to + reach - 1 - firstLive({ to, originAt, reach, ...gap });
}

/** Was all of it within reach when its topic was back, and was the list read too late, or not at all? */
export function wasReachable(gap: OpenGap): boolean {
  if (firstLive(gap) - gap.from >= gap.reach) return false;
  const late = readLate(gap);
  return late === undefined || late > WHILE_READING;
}

function firstLive({ to, originAt, length }: OpenGap): number {
  let place = to;
  while (place < length && originAt(place) !== 'live') place += 1;
  return place;
}
