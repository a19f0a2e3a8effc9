/**
 * Judges the trades of one market: each execution on the tape once and in its order, or inside exactly one gap with exact ends,
 * and in no gap where the exchange's list of recent trades reached it. Pure: facts in, what is wrong out.
 */
import type { Execution, Gap, TapeRow } from './facts.ts';

export type TradeFacts = {
  /** Executions from the anchor on: one that was on the tape when the last judgement was made. */
  readonly truth: readonly Execution[];
  readonly tape: readonly TapeRow[];
  /** New gaps of this market's trades since the anchor. */
  readonly gaps: readonly Gap[];
  /** Was the gap within the reach of REST when it could be read? `from` and `to` are the places of its ends in `truth`. */
  readonly isReachable: (from: number, to: number) => boolean;
};

export type TradeTally = {
  readonly executed: number;
  readonly onTape: number;
  readonly inGaps: number;
  readonly problems: readonly string[];
  /** The newest execution that is on the tape. */
  readonly last: Execution | undefined;
};

export function judgeTrades({ truth, tape, gaps, isReachable }: TradeFacts): TradeTally {
  const problems: string[] = [];
  const place = new Map(truth.map(({ id }, index) => [id, index]));
  const where = new Map<number, string>();
  const put = (index: number, what: string): void => {
    const before = where.get(index);
    if (before !== undefined)
      problems.push(`execution ${index} (${truth[index]?.id}) is ${before} and ${what}`);
    where.set(index, what);
  };
  const places: number[] = [];
  for (const row of tape) {
    const index = place.get(row.trade_id);
    // The tape reaches back to what lies before the anchor: whole milliseconds are asked for.
    if (index === undefined) continue;
    places.push(index);
    problems.push(...wrongValues(truth[index], row));
    put(index, 'on the tape');
  }
  if (places.some((at, index) => at <= (places[index - 1] ?? -1)))
    problems.push(`the tape is not in order: ${disorder(places)}`);
  const onTape = where.size;
  for (const gap of gaps) {
    const { gap_id, from, to, state } = gap;
    if (from === null) problems.push(`${gap_id} (${gap.cause}) has no beginning`);
    if (to === null && state !== 'healed')
      problems.push(`${gap_id} (${gap.cause}) is ${state} and has no end`);
    if (from === null || state === 'healed' || to === null) continue;
    const [first, last] = [place.get(from.id) ?? -1, place.get(to.id) ?? -1];
    const span = `${gap_id} (${gap.cause}, ${state}) from ${first} to ${last} of ${truth.length}`;
    if (first < 0 || last <= first) {
      problems.push(`${span} has ends that are no executions in their order: ${from.id}, ${to.id}`);
      continue;
    }
    for (const end of [first, last])
      if (where.get(end) !== 'on the tape') problems.push(`${span}: its end ${end} is not on the tape`);
    for (let index = first + 1; index < last; index += 1) put(index, `inside ${gap_id}`);
    if (isReachable(first, last)) problems.push(`${span} was within the reach of REST and is not healed`);
  }
  const missing = truth.flatMap((_, index) => (where.has(index) ? [] : [index]));
  if (missing.length > 0)
    problems.push(
      `${missing.length} executions are neither on the tape nor in a gap: ${spans(missing)} of ${truth.length}`,
    );
  return {
    executed: truth.length,
    onTape,
    inGaps: where.size - onTape,
    problems,
    last: truth[places.at(-1) ?? -1],
  };
}

function wrongValues(execution: Execution | undefined, row: TapeRow): readonly string[] {
  if (execution === undefined) return [];
  const { T, price, size, side } = execution;
  const isEqual =
    Number(price) === row.price &&
    Number(size) === row.qty &&
    side === row.side &&
    T === Date.parse(row.time);
  return isEqual
    ? []
    : [`${row.trade_id} is told as ${JSON.stringify(row)} and was ${JSON.stringify(execution)}`];
}

function disorder(places: readonly number[]): string {
  const at = places.findIndex((one, index) => one <= (places[index - 1] ?? -1));
  return places.slice(Math.max(0, at - 3), at + 3).join(', ');
}

/** 1-3, 7: runs of numbers in words, the first five. */
export function spans(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === number - 1) run[1] = number;
    else runs.push([number, number]);
  }
  const shown = runs.slice(0, 5).map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
  return shown.join(', ') + (runs.length > 5 ? ` and ${runs.length - 5} more` : '');
}
