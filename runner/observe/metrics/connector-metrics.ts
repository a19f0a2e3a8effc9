/** The connector: its process as the supervisor sees it, and what it says of itself, its sockets and its clock. */
import type { SocketReport, StatusEvent } from '../../../shared/events/process-events.ts';
import { uptimeSeconds } from '../../api/present-health.ts';
import type { ConnectorView } from '../../api/views.ts';
import type { SupervisorStateKind } from '../../supervisor/states.ts';
import type { SocketCount } from '../socket-totals.ts';
import { counter, gauge, type Metric, oneOf, part, type Sample, samples } from './metric.ts';
import type { Snapshot } from './snapshot.ts';

const processStates: Readonly<Record<SupervisorStateKind, true>> = {
  idle: true,
  starting: true,
  ready: true,
  stopping: true,
  backoff: true,
  cooling: true,
  held: true,
};

type Pick = (connector: ConnectorView) => number | null;

/** For a metric that each connector has once. */
function each(pick: Pick): Metric['read'] {
  return ({ connectors }) =>
    connectors.flatMap((connector) => {
      const value = pick(connector);
      return value === null ? [] : [{ labels: { connector: connector.name }, value }];
    });
}

const own = ['connector'];

export const connectorMetrics: readonly Metric[] = [
  gauge(
    'connector_up',
    '1 while the child process lives',
    own,
    each(({ process }) => Number(process.process_alive)),
  ),
  gauge(
    'connector_connected',
    '1 while it is connected',
    own,
    each(({ connected }) => Number(connected)),
  ),
  gauge('connector_state', '1 for the present state of the child', [...own, 'state'], ({ connectors }) =>
    connectors.flatMap(({ name, process }) =>
      oneOf('state', Object.keys(processStates), process.state, { connector: name }),
    ),
  ),
  gauge(
    'connector_uptime_seconds',
    'Since the child started',
    own,
    each(({ process }) => uptimeSeconds(process)),
  ),
  gauge(
    'connector_resident_memory_bytes',
    'Memory of the child',
    own,
    each(({ rssBytes }) => rssBytes),
  ),
  gauge(
    'connector_cpu_ratio',
    'CPU of the child, 1 = one core',
    own,
    each(({ cpuPercent }) => part(cpuPercent, 100)),
  ),
  gauge(
    'connector_queue_lines',
    'Lines that wait in the runner',
    own,
    each(({ queueSize }) => queueSize),
  ),
  gauge(
    'connector_child_queue_lines',
    'Lines that wait in the child',
    own,
    each(({ childQueueSize }) => childQueueSize),
  ),
  counter(
    'connector_restarts_total',
    'Restarts of the child',
    own,
    each(({ process }) => process.restarts),
  ),
  counter(
    'connector_deaths_total',
    'Unasked ends of the child, over all lives of the runner',
    [...own, 'code'],
    ({ connectors }) =>
      connectors.flatMap(({ name, process }) =>
        Object.entries(process.deaths).map(([code, value]) => ({ labels: { connector: name, code }, value })),
      ),
  ),
  counter(
    'connector_reconnects_total',
    'Reconnects to the exchange',
    own,
    each((one) => one.reconnectionAttempts),
  ),
  counter(
    'connector_lines_total',
    'Lines read',
    own,
    each(({ process }) => process.lines),
  ),
  counter(
    'connector_bad_lines_total',
    'Lines that were no events',
    own,
    each(({ badLines }) => badLines),
  ),
  counter(
    'connector_errors_total',
    'Errors that the child told',
    own,
    each(({ errorCount }) => errorCount),
  ),
  counter(
    'connector_error_codes_total',
    'Errors that the child told, by code (docs/troubleshooting.md); `other` is every code of a connector of your own',
    ['code'],
    ({ observed }) => samples('code', observed?.meters.errors ?? {}),
  ),
  counter(
    'connector_statuses_total',
    'What the child said of its sockets and topics: `stale`, `resync` and `disconnected` are the steps that mend a silent topic',
    ['status'],
    ({ observed }) => samples('status', observed?.meters.statuses ?? {}),
  ),
  counter(
    'silence_steps_total',
    'What was done about silence: a topic asked for anew, a socket given up, a child replaced',
    [...own, 'step'],
    ({ connectors }) =>
      connectors.flatMap(({ name, escalation }) =>
        Object.entries(escalation.counts).map(([step, value]) => ({
          labels: { connector: name, step },
          value,
        })),
      ),
  ),
  ...heartbeatMetrics(),
  ...socketMetrics(),
];

/** Heartbeats are those of the market data's child, which is the first. */
function beat(pick: (beat: StatusEvent) => number | null | undefined): Metric['read'] {
  return ({ observed, connectors: [{ name }] }) => {
    const value = observed?.heartbeat === undefined ? null : pick(observed.heartbeat);
    return value === null || value === undefined ? [] : [{ labels: { connector: name }, value }];
  };
}

/** Of the last heartbeat; none while the child does not say them. */
function heartbeatMetrics(): readonly Metric[] {
  return [
    gauge(
      'connector_clock_offset_seconds',
      "Our clock minus the exchange's; negative: ours is behind. Without a clock error the shortest way is in it",
      own,
      each(({ clockOffsetMs }) => part(clockOffsetMs, 1000)),
    ),
    gauge(
      'connector_clock_error_seconds',
      'The true offset lies within this of the offset told: half of the shortest round trip of late',
      own,
      beat((of) => part(of.clock_error_ms, 1000)),
    ),
    gauge(
      'connector_heap_bytes',
      "Heap of the child's JavaScript",
      own,
      beat((of) => of.heap_bytes),
    ),
    gauge(
      'connector_child_queue_bytes',
      'Bytes that wait in the child',
      own,
      beat((of) => of.queue_bytes),
    ),
    counter(
      'connector_dropped_depth_total',
      'Updates of books that the child gave up under load, each book was fetched anew; begins anew with each child',
      own,
      beat((of) => of.dropped_depth),
    ),
    counter(
      'connector_dropped_trades_total',
      'Trades that the child gave up under load, each inside a gap; begins anew with each child',
      own,
      beat((of) => of.dropped_trades),
    ),
    counter(
      'connector_silence_questions_total',
      'Questions to the exchange about trades that did not come; begins anew with each child',
      own,
      beat((of) => of.silence_asked),
    ),
    counter(
      'connector_silence_confirmed_total',
      'Topics called silent because the exchange listed newer trades; begins anew with each child',
      own,
      beat((of) => of.silence_confirmed),
    ),
    counter(
      'connector_silence_withheld_total',
      'Silences in which nothing was traded, so that none was called; begins anew with each child',
      own,
      beat((of) => of.silence_withheld),
    ),
    counter(
      'connector_trades_audited_total',
      "Lists of the exchange's newest trades that what was told was held against; begins anew with each child",
      own,
      beat((of) => of.trades_audited),
    ),
    counter(
      'connector_trades_left_out_total',
      'Trades that such a list showed to have been left out, each told in a gap since; begins anew with each child',
      own,
      beat((of) => of.trades_left_out),
    ),
  ];
}

/** By category, never by socket: sockets are numbered for ever. Counters begin anew with each child, not with each socket. */
function socketMetrics(): readonly Metric[] {
  return [
    gauge('sockets', 'Sockets to the exchange', ['category', 'state'], (of) => {
      const counts = new Map<string, Sample>();
      for (const { category, state } of socketsOf(of)) {
        const key = `${category} ${state}`;
        const value = (counts.get(key)?.value ?? 0) + 1;
        counts.set(key, { labels: { category, state }, value });
      }
      return [...counts.values()];
    }),
    gauge('socket_topics', 'Topics on the sockets', ['category'], (of) => {
      const sums = new Map<string, number>();
      for (const { category, topics } of socketsOf(of))
        if (topics !== undefined) sums.set(category, (sums.get(category) ?? 0) + topics);
      return samples('category', sums);
    }),
    counter('socket_reconnects_total', 'Reconnects of sockets', ['category'], total('reconnects')),
    counter('socket_frames_total', 'Frames received', ['category'], total('frames')),
    counter('socket_bad_frames_total', 'Frames that could not be read', ['category'], total('bad_frames')),
    counter(
      'socket_first_trades_total',
      'With raced sockets: trades that one of them brought before the others',
      ['category'],
      total('first_trades'),
    ),
    counter(
      'socket_only_trades_total',
      'With raced sockets: trades that no other socket brought, that is what racing has saved',
      ['category'],
      total('only_trades'),
    ),
  ];
}

function socketsOf({ observed }: Snapshot): readonly SocketReport[] {
  return observed?.heartbeat?.sockets ?? [];
}

/** With what sockets had counted that are closed by now. */
function total(name: SocketCount): Metric['read'] {
  return ({ observed }) => samples('category', observed?.socketTotals.of(name) ?? {});
}
