/**
 * The histogram of the hops as Prometheus text.
 *
 * Written here, since prom-client fills its histograms one observation at a time, which would cost too much for every event.
 */
import { eventHops, hopChannels } from '../hops.ts';
import { type LatencyHistogram, latencyBoundsMicros } from '../latency-histogram.ts';
import type { Meters } from '../meters.ts';

export const hopHistogram = {
  name: 'towline_hop_seconds',
  help: 'Latency of live events by hop; push_to_child and total contain the difference of two clocks',
  labels: ['hop', 'channel'],
} as const;

export const hopNegatives = {
  name: 'towline_hop_negative_total',
  help: 'Latencies below zero, which are in no bucket: the clocks disagree, or one was set',
  labels: ['hop', 'channel'],
} as const;

/** A batch for the strategies holds events of all channels. */
export const STRATEGY_HOP = 'runner_to_strategy';
const ALL_CHANNELS = 'all';

/** The bounds as `le` says them. */
const bounds = [...latencyBoundsMicros.map((micros) => String(micros / 1e6)), '+Inf'];

type Row = readonly [labels: string, histogram: LatencyHistogram];

/** Whole lines, each ended. `isOpenMetrics`: the name of a counter's family is there without `_total`. */
export function hopText(meters: Meters | undefined, isOpenMetrics: boolean): string {
  const rows = meters === undefined ? [] : rowsOf(meters);
  const { name } = hopHistogram;
  const family = isOpenMetrics ? hopNegatives.name.replace(/_total$/, '') : hopNegatives.name;
  const lines = [`# HELP ${name} ${hopHistogram.help}`, `# TYPE ${name} histogram`];
  for (const [labels, histogram] of rows) {
    const counts = histogram.cumulative();
    for (const [index, bound] of bounds.entries())
      lines.push(`${name}_bucket{${labels},le="${bound}"} ${counts[index] ?? 0}`);
    lines.push(`${name}_sum{${labels}} ${histogram.sumSeconds}`);
    lines.push(`${name}_count{${labels}} ${counts.at(-1) ?? 0}`);
  }
  lines.push(`# HELP ${family} ${hopNegatives.help}`, `# TYPE ${family} counter`);
  for (const [labels, { negative }] of rows) lines.push(`${hopNegatives.name}{${labels}} ${negative}`);
  return `${lines.join('\n')}\n`;
}

function rowsOf({ hops, handOver }: Meters): readonly Row[] {
  const rows: Row[] = eventHops.flatMap((hop) =>
    hopChannels.map((channel): Row => [`hop="${hop}",channel="${channel}"`, hops[channel][hop]]),
  );
  if (handOver !== undefined)
    rows.push([`hop="${STRATEGY_HOP}",channel="${ALL_CHANNELS}"`, handOver.histogram]);
  return rows;
}
