/** All metrics but the histogram of the hops, in the order of a scrape. */
import { backfillMetrics } from './backfill-metrics.ts';
import { connectorMetrics } from './connector-metrics.ts';
import { marketMetrics } from './market-metrics.ts';
import type { Metric } from './metric.ts';
import { recordingMetrics } from './recording-metrics.ts';
import { runnerMetrics } from './runner-metrics.ts';
import { strategyMetrics } from './strategy-metrics.ts';

export const metricGroups: readonly {
  readonly title: string;
  readonly metrics: readonly Metric[];
}[] = [
  { title: 'The runner', metrics: runnerMetrics },
  { title: 'The data', metrics: marketMetrics },
  { title: 'The connector', metrics: connectorMetrics },
  { title: 'Strategies', metrics: strategyMetrics },
  { title: 'Recording of trades', metrics: recordingMetrics },
  { title: 'History', metrics: backfillMetrics },
];

export const allMetrics: readonly Metric[] = metricGroups.flatMap(({ metrics }) => metrics);
