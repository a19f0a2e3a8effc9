/**
 * The same numbers as Prometheus text: plain numbers of the runner, read when somebody scrapes, so that the feed's way pays
 * nothing. What is told is the tables' matter (runner/observe/metrics/); docs/metrics.md is printed from them, too.
 */
import { Counter, Gauge, openMetricsContentType, Registry, type RegistryContentType } from 'prom-client';
import { hopText } from '../observe/metrics/hop-text.ts';
import { type Snapshot, snapshotOf } from '../observe/metrics/snapshot.ts';
import { allMetrics } from '../observe/metrics/table.ts';
import type { ApiPorts } from './ports.ts';
import type { StreamCounts } from './present-metrics.ts';

export type MetricsPage = { readonly contentType: string; readonly text: () => Promise<string> };

/** A registry that reads the ports anew at each scrape. One for each text format. */
export function metricsPage(
  ports: ApiPorts,
  stream: () => StreamCounts,
  contentType: RegistryContentType,
): MetricsPage {
  const registry = new Registry<RegistryContentType>();
  registry.setContentType(contentType);
  const fillers = allMetrics.map(({ kind, name, help, labels, read }) => {
    const about = { name, help, labelNames: [...labels], registers: [registry] };
    const metric = kind === 'gauge' ? new Gauge(about) : new Counter(about);
    return (snapshot: Snapshot): void => {
      metric.reset();
      for (const sample of read(snapshot)) metric.inc(sample.labels, sample.value);
    };
  });
  return {
    contentType,
    text: async () => {
      const snapshot = snapshotOf(ports, stream);
      for (const fill of fillers) fill(snapshot);
      // The hops go first: OpenMetrics wants its end mark, which the registry writes, at the very end.
      const hops = hopText(snapshot.observed?.meters, contentType === openMetricsContentType);
      return hops + (await registry.metrics());
    },
  };
}
