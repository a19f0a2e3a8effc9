/**
 * The same numbers as Prometheus text: plain numbers of the runner, read when somebody scrapes (`collect`), so that the feed's
 * way pays nothing.
 *
 * Names and base units follow Prometheus' conventions: prefix `towline_`, seconds, bytes, `_total` for what only grows.
 */
import { Counter, Gauge, Registry, type RegistryContentType } from 'prom-client';
import { instrumentKey } from '../../shared/market.ts';
import type { HealthStatus } from '../context/health.ts';
import type { ApiPorts } from './ports.ts';
import { countGaps, type StreamCounts, uptimeSeconds } from './present-health.ts';

export type MetricsPage = { readonly contentType: string; readonly text: () => Promise<string> };

type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };
type Reader = () => readonly Sample[];

/** A registry that reads the ports anew at each scrape. One for each text format. */
export function metricsPage(
  ports: ApiPorts,
  stream: () => StreamCounts,
  contentType: RegistryContentType,
): MetricsPage {
  const registry = new Registry<RegistryContentType>();
  registry.setContentType(contentType);
  addRunner(registry, ports, stream);
  addMarket(registry, ports);
  addConnectors(registry, ports);
  return { contentType, text: () => registry.metrics() };
}

function addRunner(
  registry: Registry<RegistryContentType>,
  ports: ApiPorts,
  stream: () => StreamCounts,
): void {
  gauge(registry, 'info', 'What runs; always 1', ['environment', 'clock', 'connector', 'profile'], () => {
    const { environment, clock, connector, profile } = ports.mode();
    return [{ labels: { environment, clock, connector: connector ?? '', profile }, value: 1 }];
  });
  gauge(registry, 'health_status', '1 for the present status', ['status'], () => {
    const { status } = ports.health();
    return healthStatuses.map((name) => ({ labels: { status: name }, value: Number(name === status) }));
  });
  gauge(registry, 'ready', '1 when all that was wanted is there', [], () =>
    single(Number(ports.readiness().ready)),
  );
  gauge(registry, 'runner_resident_memory_bytes', 'Memory of the runner', [], () =>
    single(ports.metrics().rssBytes),
  );
  gauge(registry, 'runner_uptime_seconds', 'Since the runner started', [], () =>
    single(ports.metrics().uptimeSeconds),
  );
  gauge(registry, 'loop_delay_seconds', "Delay of the runner's event loop", ['quantile'], () => {
    const { p50Ms, p99Ms, maxMs } = ports.metrics().loopDelay;
    const values = { '0.5': p50Ms, '0.99': p99Ms, '1': maxMs };
    return Object.entries(values).map(([quantile, ms]) => ({ labels: { quantile }, value: ms / 1000 }));
  });
  counter(registry, 'counted_total', 'Everything that is counted by reason', ['what'], () =>
    Object.entries(ports.metrics().counts).map(([what, value]) => ({ labels: { what }, value })),
  );
  gauge(registry, 'stream_clients', 'Readers of /stream', [], () => single(stream().clients));
  counter(registry, 'stream_skipped_updates_total', 'Updates that slow readers did not get', [], () =>
    single(stream().skippedUpdates),
  );
}

function addMarket(registry: Registry<RegistryContentType>, ports: ApiPorts): void {
  counter(registry, 'events_total', 'Market events taken in', ['channel'], () => {
    const { trades, depth } = ports.metrics();
    return [
      { labels: { channel: 'trades' }, value: trades.total },
      { labels: { channel: 'depth' }, value: depth.total },
    ];
  });
  gauge(registry, 'queue_events', 'Events that wait in the runner', ['channel'], () => {
    const { trades, depth } = ports.metrics();
    return [
      { labels: { channel: 'trades' }, value: trades.queueSize },
      { labels: { channel: 'depth' }, value: depth.queueSize },
    ];
  });
  gauge(registry, 'topic_age_seconds', 'Since the last data of a topic', ['topic'], () =>
    ports
      .topics()
      .flatMap(({ key, age_ms: ms }) => (ms === null ? [] : [{ labels: { topic: key }, value: ms / 1000 }])),
  );
  gauge(registry, 'topic_stale', '1 when a topic is silent for longer than it should be', ['topic'], () =>
    ports.topics().map(({ key, stale }) => ({ labels: { topic: key }, value: Number(stale) })),
  );
  counter(registry, 'topic_messages_total', 'Messages of a topic', ['topic'], () =>
    ports.topics().map(({ key, messages }) => ({ labels: { topic: key }, value: messages })),
  );
  gauge(registry, 'book_valid', '1 while the book may be used', ['instrument'], () =>
    ports.instruments().map((instrument) => ({
      labels: { instrument: instrumentKey(instrument) },
      value: Number(ports.book(instrument)?.valid ?? false),
    })),
  );
  gauge(registry, 'gaps', 'Spans that we know we did not see', ['state'], () =>
    Object.entries(countGaps(ports)).map(([state, value]) => ({ labels: { state }, value })),
  );
}

function addConnectors(registry: Registry<RegistryContentType>, ports: ApiPorts): void {
  type Connector = ReturnType<ApiPorts['connectors']>[number];
  const each =
    (pick: (connector: Connector) => number | null): Reader =>
    () =>
      ports.connectors().flatMap((connector) => {
        const value = pick(connector);
        return value === null ? [] : [{ labels: { connector: connector.name }, value }];
      });
  const labels = ['connector'];
  const asGauge = (name: string, help: string, pick: (connector: Connector) => number | null): void =>
    gauge(registry, `connector_${name}`, help, labels, each(pick));
  const asCounter = (name: string, help: string, pick: (connector: Connector) => number | null): void =>
    counter(registry, `connector_${name}`, help, labels, each(pick));
  asGauge('up', '1 while the child process lives', ({ process }) => Number(process.process_alive));
  asGauge('connected', '1 while it is connected', ({ connected }) => Number(connected));
  asGauge('uptime_seconds', 'Since the child started', ({ process }) => uptimeSeconds(process));
  asGauge('resident_memory_bytes', 'Memory of the child', ({ rssBytes }) => rssBytes);
  asGauge('cpu_ratio', 'CPU of the child, 1 = one core', ({ cpuPercent }) =>
    cpuPercent === null ? null : cpuPercent / 100,
  );
  asGauge(
    'clock_offset_seconds',
    "Our clock minus the exchange's, with the shortest way",
    ({ clockOffsetMs }) => (clockOffsetMs === null ? null : clockOffsetMs / 1000),
  );
  asGauge('queue_lines', 'Lines that wait in the runner', ({ queueSize }) => queueSize);
  asGauge('child_queue_lines', 'Lines that wait in the child', ({ childQueueSize }) => childQueueSize);
  asCounter('restarts_total', 'Restarts of the child', ({ process }) => process.restarts);
  counter(
    registry,
    'connector_deaths_total',
    'Unasked ends of the child, over all lives of the runner',
    ['connector', 'code'],
    () =>
      ports.connectors().flatMap(({ name, process }) =>
        Object.entries(process.deaths).map(([code, value]) => ({
          labels: { connector: name, code },
          value,
        })),
      ),
  );
  asCounter('reconnects_total', 'Reconnects to the exchange', (one) => one.reconnectionAttempts);
  asCounter('lines_total', 'Lines read', ({ process }) => process.lines);
  asCounter('bad_lines_total', 'Lines that were no events', ({ badLines }) => badLines);
  asCounter('errors_total', 'Errors that the child told', ({ errorCount }) => errorCount);
}

const healthStatuses: readonly HealthStatus[] = ['Healthy', 'Degraded', 'Unhealthy'];

function single(value: number): readonly Sample[] {
  return [{ labels: {}, value }];
}

function gauge(
  registry: Registry<RegistryContentType>,
  name: string,
  help: string,
  labelNames: string[],
  read: Reader,
): void {
  const metric = new Gauge({
    name: `towline_${name}`,
    help,
    labelNames,
    registers: [registry],
    collect: () => {
      metric.reset();
      for (const { labels, value } of read()) metric.set(labels, value);
    },
  });
}

function counter(
  registry: Registry<RegistryContentType>,
  name: string,
  help: string,
  labelNames: string[],
  read: Reader,
): void {
  const metric = new Counter({
    name: `towline_${name}`,
    help,
    labelNames,
    registers: [registry],
    collect: () => {
      metric.reset();
      for (const { labels, value } of read()) metric.inc(labels, value);
    },
  });
}
