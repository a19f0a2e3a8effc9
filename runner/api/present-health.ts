/** Health, readiness, the child and the topics as the API shows them (DESIGN 7.3). */
import type {
  ConnectorPayload,
  HealthPayload,
  MetricsPayload,
  ModePayload,
  ReadinessPayload,
  StrategyStatusPayload,
  TopicPayload,
  WsHealthPayload,
} from './payloads.ts';
import type { ApiPorts } from './ports.ts';
import { isoOrNull, isoTime } from './present-market.ts';
import type {
  ChannelRate,
  ConnectorView,
  HealthReport,
  LoopDelay,
  Mode,
  Readiness,
  StrategiesView,
  TopicView,
} from './views.ts';

export function presentHealth(health: HealthReport): HealthPayload {
  return {
    status: health.status,
    websocket_connected: health.websocketConnected,
    checks: health.checks.map(({ name, ok, since, reason }) => ({ name, ok, since: isoTime(since), reason })),
  };
}

export function presentReadiness(readiness: Readiness): ReadinessPayload {
  return {
    ready: readiness.ready,
    missing: [...readiness.missing],
    refused: readiness.refused.map(({ topic, reason }) => ({ topic, reason })),
  };
}

export function presentMode(mode: Mode): ModePayload {
  return {
    environment: mode.environment,
    clock: mode.clock,
    connector: mode.connector,
    profile: mode.profile,
  };
}

/** The answer of /ws/health, with the truth about the child and the data. */
export function presentWsHealth(
  ports: Pick<ApiPorts, 'topics' | 'connectors' | 'mode' | 'metrics'>,
): WsHealthPayload {
  const topics = ports.topics();
  const [first, ...more] = ports.connectors();
  const others = topics.filter(({ channel }) => channel !== 'trades' && channel !== 'depth');
  return {
    trades: presentChannel(topics, 'trades'),
    depth: presentChannel(topics, 'depth'),
    connector: presentConnector(first),
    ...(more.length > 0 ? { connectors: [first, ...more].map(presentConnector) } : {}),
    ...(others.length > 0 ? { other_topics: others.map(presentTopic) } : {}),
    mode: presentMode(ports.mode()),
    loop_delay_ms: presentLoopDelay(ports.metrics().loopDelay),
  };
}

/** Connected means that every topic of the channel that was not refused is; none at all is not connected. */
function presentChannel(
  topics: readonly TopicView[],
  channel: 'trades' | 'depth',
): WsHealthPayload['trades'] {
  const own = topics.filter((topic) => topic.channel === channel);
  const wanted = own.filter((topic) => topic.state !== 'refused');
  const last = own.reduce<number | null>(
    (newest, { lastAt }) => (lastAt !== null && (newest === null || lastAt > newest) ? lastAt : newest),
    null,
  );
  return {
    connected: wanted.length > 0 && wanted.every((topic) => topic.connected),
    last_ts: isoOrNull(last),
    topics: own.map(presentTopic),
  };
}

export function presentTopic(topic: TopicView): TopicPayload {
  return {
    topic: topic.topic,
    channel: topic.channel,
    category: topic.category,
    symbol: topic.symbol,
    state: topic.state,
    connected: topic.connected,
    stale: topic.stale,
    last_ts: isoOrNull(topic.lastAt),
    age_ms: topic.ageMs === null ? null : Math.round(topic.ageMs),
    messages: topic.messages,
    reason: topic.reason,
  };
}

export function presentConnector(connector: ConnectorView): ConnectorPayload {
  const exit = connector.lastExit;
  return {
    name: connector.name,
    connected: connector.connected,
    last_ts: isoOrNull(connector.lastAt),
    queue_size: connector.queueSize,
    reconnection_attempts: connector.reconnectionAttempts,
    connector_health: {
      process_alive: connector.processAlive,
      pid: connector.pid,
      queue_size: connector.childQueueSize,
      error_count: connector.errorCount,
      state: connector.state,
      uptime_seconds: connector.uptimeSeconds,
      restarts: connector.restarts,
      deaths: { ...connector.deaths },
      next_try_in_ms: connector.nextTryInMs,
      last_exit:
        exit === null
          ? null
          : {
              at: isoTime(exit.at),
              code: exit.code,
              cause: exit.cause,
              exit_code: exit.exitCode,
              signal: exit.signal,
            },
      rss_bytes: connector.rssBytes,
      cpu_percent: connector.cpuPercent,
      clock_offset_ms: connector.clockOffsetMs,
      lines: connector.lines,
      bad_lines: connector.badLines,
    },
  };
}

/** How many listen to /stream, and how many updates slow ones did not get. */
export type StreamCounts = { readonly clients: number; readonly skippedUpdates: number };

export function presentMetrics(
  ports: Pick<ApiPorts, 'metrics' | 'connectors' | 'gaps'>,
  stream: StreamCounts,
): MetricsPayload {
  const metrics = ports.metrics();
  const connectors = ports.connectors();
  const sum = (pick: (connector: ConnectorView) => number): number =>
    connectors.reduce((total, connector) => total + pick(connector), 0);
  return {
    trades: presentRate(metrics.trades),
    depth: presentRate(metrics.depth),
    connector: {
      lines: sum((connector) => connector.lines),
      bad_lines: sum((connector) => connector.badLines),
      restarts: sum((connector) => connector.restarts),
      reconnection_attempts: sum((connector) => connector.reconnectionAttempts),
      clock_offset_ms: connectors[0].clockOffsetMs,
    },
    gaps: countGaps(ports),
    stream: { clients: stream.clients, skipped_updates: stream.skippedUpdates },
    loop_delay_ms: presentLoopDelay(metrics.loopDelay),
    rss_bytes: metrics.rssBytes,
    uptime_seconds: metrics.uptimeSeconds,
    counts: { ...metrics.counts },
  };
}

export function countGaps(ports: Pick<ApiPorts, 'gaps'>): MetricsPayload['gaps'] {
  const counts = { open: 0, healed: 0, lost: 0 };
  for (const gap of ports.gaps()) counts[gap.state] += 1;
  return counts;
}

export function presentStrategies(view: StrategiesView): StrategyStatusPayload {
  return {
    gate: { open: view.gate.open, reasons: [...view.gate.reasons] },
    strategies: view.strategies.map(({ name, state, reason, events, signals, restarts, ...how }) => ({
      name,
      state,
      reason,
      events,
      signals,
      restarts,
      errors: {
        count: how.errors.count,
        last_error: how.errors.last,
        last_ts: isoOrNull(how.errors.lastAt),
      },
      dropped: how.dropped,
      lag_ms: how.lagMs,
    })),
  };
}

function presentRate(rate: ChannelRate): MetricsPayload['trades'] {
  return {
    per_minute_count: rate.perMinuteCount,
    per_second_rate: rate.perSecondRate,
    queue_size: rate.queueSize,
    total_count: rate.total,
  };
}

function presentLoopDelay(delay: LoopDelay): MetricsPayload['loop_delay_ms'] {
  return { p50: delay.p50Ms, p99: delay.p99Ms, max: delay.maxMs };
}
