/** The runner itself: what runs, its judgement of health, its event loop, and what it counts. */
import { counter, gauge, type Metric, oneOf, samples, single } from './metric.ts';

const healthStatuses = ['Healthy', 'Degraded', 'Unhealthy'] as const;

export const runnerMetrics: readonly Metric[] = [
  gauge(
    'info',
    'What runs; always 1',
    ['environment', 'clock', 'connector', 'profile'],
    ({ mode: { environment, clock, connector, profile } }) => [
      { labels: { environment, clock, connector: connector ?? '', profile }, value: 1 },
    ],
  ),
  gauge('health_status', '1 for the present status', ['status'], ({ health }) =>
    oneOf('status', healthStatuses, health.status),
  ),
  gauge('health_check', '1 while a check of /health is passed, 0 while it fails', ['check'], ({ health }) =>
    health.checks.map(({ name, ok }) => ({ labels: { check: name }, value: Number(ok) })),
  ),
  gauge('ready', '1 when all that was wanted is there', [], ({ readiness }) =>
    single(Number(readiness.ready)),
  ),
  gauge('runner_resident_memory_bytes', 'Memory of the runner', [], ({ metrics }) =>
    single(metrics.rssBytes),
  ),
  gauge('runner_uptime_seconds', 'Since the runner started', [], ({ metrics }) =>
    single(metrics.uptimeSeconds),
  ),
  gauge(
    'loop_delay_seconds',
    "Delay of the runner's event loop over the last 10 s: of half of the samples, of 99 in 100, of all",
    ['stat'],
    ({ metrics: { loopDelay } }) =>
      samples('stat', {
        p50: loopDelay.p50Ms / 1000,
        p99: loopDelay.p99Ms / 1000,
        max: loopDelay.maxMs / 1000,
      }),
  ),
  counter('counted_total', 'Everything that is counted by reason', ['what'], ({ metrics }) =>
    samples('what', metrics.counts),
  ),
  counter('store_failures_total', 'What DATA_DIR should have recorded and did not', [], ({ metrics }) =>
    single(metrics.counts['store_failures']),
  ),
  gauge(
    'ledger_waiting_changes',
    'Changes of gaps and deaths that are not on the disk yet; more than 20,000 gaps are given up, the oldest first',
    [],
    ({ metrics }) => single(metrics.ledger.waiting),
  ),
  counter(
    'ledger_dropped_changes_total',
    'Changes of gaps and deaths that were given up, because too many waited for the disk',
    [],
    ({ metrics }) => single(metrics.ledger.dropped),
  ),
  counter('dumps_total', 'Dumps of the flight recorder, on demand or for a fault', [], ({ metrics }) =>
    single(metrics.dumps?.written),
  ),
  counter(
    'dumps_suppressed_total',
    'Faults for which the flight recorder was not written out, because they came too often',
    [],
    ({ metrics }) => single(metrics.dumps?.suppressed),
  ),
  gauge(
    'disk_free_bytes',
    'Free on the disk of DATA_DIR; below MIN_FREE_DISK_MB what can be spared is not written',
    [],
    ({ metrics }) => single(metrics.diskFreeBytes),
  ),
  gauge('stream_clients', 'Readers of /stream', [], ({ stream }) => single(stream.clients)),
  counter('stream_skipped_updates_total', 'Updates that slow readers did not get', [], ({ stream }) =>
    single(stream.skippedUpdates),
  ),
];
