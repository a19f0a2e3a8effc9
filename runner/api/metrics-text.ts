/**
 * The same numbers as Prometheus text: plain numbers of the runner, read when somebody scrapes, so that the feed's way pays
 * nothing. Each scrape reads every port once: judging the health of many symbols takes milliseconds of the feed's thread.
 *
 * Names and base units follow Prometheus' conventions: prefix `towline_`, seconds, bytes, `_total` for what only grows.
 */
import { Counter, Gauge, Registry, type RegistryContentType } from 'prom-client';
import { instrumentKey } from '../../shared/market.ts';
import type { HealthStatus } from '../context/health.ts';
import type { ApiPorts } from './ports.ts';
import { countGaps, type StreamCounts, uptimeSeconds } from './present-health.ts';
import type { ConnectorView } from './views.ts';

export type MetricsPage = { readonly contentType: string; readonly text: () => Promise<string> };

type Snapshot = ReturnType<typeof snapshotOf>;
type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };
type Reader = (of: Snapshot) => readonly Sample[];
/** Declares one metric and how it is read. */
type Declare = (
  Metric: typeof Gauge | typeof Counter,
  name: string,
  help: string,
  labelNames: readonly string[],
  read: Reader,
) => void;

/** A registry that reads the ports anew at each scrape. One for each text format. */
export function metricsPage(
  ports: ApiPorts,
  stream: () => StreamCounts,
  contentType: RegistryContentType,
): MetricsPage {
  const registry = new Registry<RegistryContentType>();
  registry.setContentType(contentType);
  const fillers: ((of: Snapshot) => void)[] = [];
  const declare: Declare = (Metric, name, help, labelNames, read) => {
    const metric = new Metric({
      name: `towline_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [registry],
    });
    fillers.push((snapshot) => {
      metric.reset();
      for (const { labels, value } of read(snapshot)) metric.inc(labels, value);
    });
  };
  declareRunner(declare);
  declareMarket(declare);
  declareConnectors(declare);
  return {
    contentType,
    text: () => {
      const snapshot = snapshotOf(ports, stream);
      for (const fill of fillers) fill(snapshot);
      return registry.metrics();
    },
  };
}

/** Everything that a scrape tells, read once. */
function snapshotOf(ports: ApiPorts, stream: () => StreamCounts) {
  return {
    mode: ports.mode(),
    health: ports.health(),
    readiness: ports.readiness(),
    metrics: ports.metrics(),
    connectors: ports.connectors(),
    topics: ports.topics(),
    books: ports.instruments().map((instrument) => ({
      instrument: instrumentKey(instrument),
      isValid: ports.book(instrument)?.valid ?? false,
    })),
    gaps: countGaps(ports),
    stream: stream(),
  };
}

function declareRunner(declare: Declare): void {
  const about = ['environment', 'clock', 'connector', 'profile'];
  declare(Gauge, 'info', 'What runs; always 1', about, ({ mode }) => [
    { labels: { ...mode, connector: mode.connector ?? '' }, value: 1 },
  ]);
  declare(Gauge, 'health_status', '1 for the present status', ['status'], ({ health }) =>
    healthStatuses.map((status) => ({ labels: { status }, value: Number(status === health.status) })),
  );
  declare(Gauge, 'ready', '1 when all that was wanted is there', [], ({ readiness }) =>
    single(Number(readiness.ready)),
  );
  declare(Gauge, 'runner_resident_memory_bytes', 'Memory of the runner', [], ({ metrics }) =>
    single(metrics.rssBytes),
  );
  declare(Gauge, 'runner_uptime_seconds', 'Since the runner started', [], ({ metrics }) =>
    single(metrics.uptimeSeconds),
  );
  declare(Gauge, 'loop_delay_seconds', "Delay of the runner's event loop", ['quantile'], ({ metrics }) => {
    const { p50Ms, p99Ms, maxMs } = metrics.loopDelay;
    return samples('quantile', { '0.5': p50Ms / 1000, '0.99': p99Ms / 1000, '1': maxMs / 1000 });
  });
  declare(Counter, 'counted_total', 'Everything that is counted by reason', ['what'], ({ metrics }) =>
    samples('what', metrics.counts),
  );
  declare(Gauge, 'stream_clients', 'Readers of /stream', [], ({ stream }) => single(stream.clients));
  const skipped = 'Updates that slow readers did not get';
  declare(Counter, 'stream_skipped_updates_total', skipped, [], ({ stream }) =>
    single(stream.skippedUpdates),
  );
}

function declareMarket(declare: Declare): void {
  declare(Counter, 'events_total', 'Market events taken in', ['channel'], ({ metrics: { trades, depth } }) =>
    samples('channel', { trades: trades.total, depth: depth.total }),
  );
  const waiting = 'Events that wait in the runner: none, while each is handled as it comes';
  declare(Gauge, 'queue_events', waiting, ['channel'], ({ metrics: { trades, depth } }) =>
    samples('channel', { trades: trades.queueSize, depth: depth.queueSize }),
  );
  declare(Gauge, 'topic_age_seconds', 'Since the last data of a topic', ['topic'], ({ topics }) =>
    topics.flatMap(({ key: topic, age_ms: ms }) =>
      ms === null ? [] : [{ labels: { topic }, value: ms / 1000 }],
    ),
  );
  const stale = '1 when a topic is silent for longer than it should be';
  declare(Gauge, 'topic_stale', stale, ['topic'], ({ topics }) =>
    topics.map((topic) => ({ labels: { topic: topic.key }, value: Number(topic.stale) })),
  );
  declare(Counter, 'topic_messages_total', 'Messages of a topic', ['topic'], ({ topics }) =>
    topics.map((topic) => ({ labels: { topic: topic.key }, value: topic.messages })),
  );
  declare(Gauge, 'book_valid', '1 while the book may be used', ['instrument'], ({ books }) =>
    books.map(({ instrument, isValid }) => ({ labels: { instrument }, value: Number(isValid) })),
  );
  declare(Gauge, 'gaps', 'Spans that we know we did not see', ['state'], ({ gaps }) =>
    samples('state', gaps),
  );
}

function declareConnectors(declare: Declare): void {
  const each = (
    Metric: typeof Gauge | typeof Counter,
    name: string,
    help: string,
    pick: (connector: ConnectorView) => number | null,
  ): void =>
    declare(Metric, `connector_${name}`, help, ['connector'], ({ connectors }) =>
      connectors.flatMap((connector) => {
        const value = pick(connector);
        return value === null ? [] : [{ labels: { connector: connector.name }, value }];
      }),
    );
  each(Gauge, 'up', '1 while the child process lives', ({ process }) => Number(process.process_alive));
  each(Gauge, 'connected', '1 while it is connected', ({ connected }) => Number(connected));
  each(Gauge, 'uptime_seconds', 'Since the child started', ({ process }) => uptimeSeconds(process));
  each(Gauge, 'resident_memory_bytes', 'Memory of the child', ({ rssBytes }) => rssBytes);
  each(Gauge, 'cpu_ratio', 'CPU of the child, 1 = one core', ({ cpuPercent }) => part(cpuPercent, 100));
  const offset = "Our clock minus the exchange's, with the shortest way";
  each(Gauge, 'clock_offset_seconds', offset, ({ clockOffsetMs }) => part(clockOffsetMs, 1000));
  each(Gauge, 'queue_lines', 'Lines that wait in the runner', ({ queueSize }) => queueSize);
  each(Gauge, 'child_queue_lines', 'Lines that wait in the child', ({ childQueueSize }) => childQueueSize);
  each(Counter, 'restarts_total', 'Restarts of the child', ({ process }) => process.restarts);
  const deaths = 'Unasked ends of the child, over all lives of the runner';
  declare(Counter, 'connector_deaths_total', deaths, ['connector', 'code'], ({ connectors }) =>
    connectors.flatMap(({ name, process }) =>
      Object.entries(process.deaths).map(([code, value]) => ({ labels: { connector: name, code }, value })),
    ),
  );
  each(Counter, 'reconnects_total', 'Reconnects to the exchange', (one) => one.reconnectionAttempts);
  each(Counter, 'lines_total', 'Lines read', ({ process }) => process.lines);
  each(Counter, 'bad_lines_total', 'Lines that were no events', ({ badLines }) => badLines);
  each(Counter, 'errors_total', 'Errors that the child told', ({ errorCount }) => errorCount);
}

const healthStatuses: readonly HealthStatus[] = ['Healthy', 'Degraded', 'Unhealthy'];

function single(value: number): readonly Sample[] {
  return [{ labels: {}, value }];
}

/** One sample for each entry, told apart by one label. */
function samples(label: string, values: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

function part(value: number | null, of: number): number | null {
  return value === null ? null : value / of;
}
