/** Percentiles of a hop over a stretch of time, from two scrapes of its histogram. */

export const hopNames = ['child_to_runner', 'total'] as const;
type Hop = (typeof hopNames)[number];
/** Milliseconds: the upper end of the bucket in which it lies. */
export type Percentiles = {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly events: number;
};
export type Buckets = Readonly<Record<Hop, Percentiles>>;
/** Events at most so long, by the bucket's end in seconds. */
type Counts = Readonly<Record<Hop, ReadonlyMap<number, number>>>;

export function bucketsOf(text: string): Counts {
  const of = (hop: Hop): ReadonlyMap<number, number> => {
    const line = new RegExp(
      `^towline_hop_seconds_bucket\\{hop="${hop}",channel="trades",le="([^"]+)"\\} (\\d+)$`,
      'gm',
    );
    return new Map(
      [...text.matchAll(line)].map(([, end, count]) => [
        end === '+Inf' ? Number.POSITIVE_INFINITY : Number(end),
        Number(count),
      ]),
    );
  };
  return { child_to_runner: of('child_to_runner'), total: of('total') };
}

export function since(before: Counts, after: Counts): Buckets {
  const of = (hop: Hop): Percentiles => {
    const counts = [...after[hop]].map(([end, count]) => [end, count - (before[hop].get(end) ?? 0)] as const);
    const events = counts.at(-1)?.[1] ?? 0;
    const at = (part: number): number =>
      (counts.find(([, count]) => count >= events * part)?.[0] ?? Number.NaN) * 1_000;
    return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1), events };
  };
  return { child_to_runner: of('child_to_runner'), total: of('total') };
}
