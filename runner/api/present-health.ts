/** Health, readiness, the child and the topics as the API shows them (DESIGN 7.3). */
import type { Channel } from '../../shared/market.ts';
import type { HealthReport, Readiness } from '../context/health.ts';
import type { LoopDelayReading } from '../io/loop-delay.ts';
import type { SupervisorReport } from '../supervisor/report.ts';
import type { ConnectorPayload, TopicPayload, WsHealthPayload } from './connector-payloads.ts';
import type { HealthPayload, ModePayload, ReadinessPayload, StrategyStatusPayload } from './payloads.ts';
import type { ApiPorts } from './ports.ts';
import { isoOrNull, isoTime } from './present-market.ts';
import type { GatePayload } from './silence-payloads.ts';
import type { ConnectorView, Mode, StrategiesView, TopicStatus } from './views.ts';

const MAX_SAMPLE_LENGTH = 200;

export function presentHealth(health: HealthReport, gate?: StrategiesView['gate']): HealthPayload {
  return {
    status: health.status,
    websocket_connected: health.websocketConnected,
    checks: health.checks.map(({ name, ok, since, reason }) => ({ name, ok, since: isoTime(since), reason })),
    ...(gate === undefined ? {} : { gate: presentGate(gate) }),
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
  const wanted = new Set(topics.map(({ topic: { channel } }) => channel));
  return {
    trades: presentChannel(topics, 'trades'),
    depth: presentChannel(topics, 'depth'),
    connector: presentConnector(first),
    ...(more.length > 0 ? { connectors: [first, ...more].map(presentConnector) } : {}),
    ...(wanted.has('kline') ? { kline: presentChannel(topics, 'kline') } : {}),
    ...(wanted.has('ticker') ? { ticker: presentChannel(topics, 'ticker') } : {}),
    ...(wanted.has('liquidation') ? { liquidation: presentChannel(topics, 'liquidation') } : {}),
    mode: presentMode(ports.mode()),
    loop_delay_ms: presentLoopDelay(ports.metrics().loopDelay),
  };
}

/** Connected means that every topic of the channel that was not refused is; none at all is not connected. */
function presentChannel(topics: readonly TopicStatus[], channel: Channel): WsHealthPayload['trades'] {
  const own = topics.filter(({ topic }) => topic.channel === channel);
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

export function presentTopic(status: TopicStatus): TopicPayload {
  const { key, topic, phase, state, connected, stale, lastAt, age_ms, messages } = status;
  return {
    topic: key,
    channel: topic.channel,
    category: topic.category,
    symbol: topic.symbol,
    phase,
    state,
    connected,
    stale,
    last_ts: isoOrNull(lastAt),
    age_ms: age_ms === null ? null : Math.round(age_ms),
    messages,
    sockets: [...(status.sockets ?? [])],
    reason: status.refusal ?? status.stale_reason,
  };
}

export function presentConnector(connector: ConnectorView): ConnectorPayload {
  const { process } = connector;
  return {
    name: connector.name,
    connected: connector.connected,
    last_ts: isoOrNull(connector.lastAt),
    queue_size: connector.queueSize,
    reconnection_attempts: connector.reconnectionAttempts,
    sockets: connector.sockets.map((socket) => ({
      category: socket.category,
      socket: socket.socket ?? null,
      state: socket.state,
      reason: socket.reason,
      reconnects: socket.reconnects,
      topics: socket.topics,
      first_trades: socket.firstTrades,
      only_trades: socket.onlyTrades,
    })),
    escalation: {
      ...connector.escalation.counts,
      last: presentEscalated(connector.escalation.last),
    },
    silence_checks: connector.silenceChecks,
    trade_audit: connector.tradeAudit && {
      lists: connector.tradeAudit.lists,
      left_out: connector.tradeAudit.leftOut,
    },
    connector_health: {
      process_alive: process.process_alive,
      pid: process.pid,
      queue_size: connector.childQueueSize,
      error_count: connector.errorCount,
      state: process.state,
      uptime_seconds: uptimeSeconds(process),
      restarts: process.restarts,
      deaths: { ...process.deaths },
      next_try_in_ms: process.next_try_in_ms,
      last_exit: presentExit(process.last_exit),
      rss_bytes: connector.rssBytes,
      cpu_percent: connector.cpuPercent,
      clock_offset_ms: connector.clockOffsetMs,
      lines: process.lines,
      bad_lines: connector.badLines,
      bad_line_samples: connector.badLineSamples.map(({ at, reason, line }) => ({
        time: isoTime(at),
        reason: printable(reason),
        sample: printable(line),
      })),
    },
  };
}

function presentEscalated(last: ConnectorView['escalation']['last']): ConnectorPayload['escalation']['last'] {
  if (last === undefined) return null;
  return { step: last.step, what: last.what, cause: printable(last.cause), time: isoTime(last.at) };
}

/** A text of a child that anybody may have written: nothing that steers a terminal, and not much of it. */
function printable(text: string): string {
  return text.slice(0, MAX_SAMPLE_LENGTH).replaceAll(/\p{C}/gu, '\uFFFD');
}

function presentExit(exit: SupervisorReport['last_exit']): ConnectorPayload['connector_health']['last_exit'] {
  if (exit === null) return null;
  const { at, cause, message, code, signal } = exit;
  return { at: isoTime(at), code: cause, cause: message, exit_code: code, signal };
}

/** To a tenth of a second. */
export function uptimeSeconds({ uptime_seconds }: SupervisorReport): number {
  return Math.round(uptime_seconds * 10) / 10;
}

export function presentStrategies(view: StrategiesView): StrategyStatusPayload {
  return {
    gate: presentGate(view.gate),
    strategies: view.strategies.map(
      ({ name, state, last_error, events, signals, restarts, gate, ...how }) => ({
        name,
        state,
        // While it runs, the last error is history.
        reason: state === 'running' ? null : last_error,
        events,
        signals,
        withheld: how.withheld_signals,
        gate: presentGate(gate),
        restarts,
        errors: { count: how.errors, last_error, last_ts: isoOrNull(how.last_error_at) },
        dropped: how.dropped,
        lag_ms: Math.round(how.lag_ms),
      }),
    ),
  };
}

export function presentGate({ open, reasons }: StrategiesView['gate']): GatePayload {
  return { open, reasons: reasons.map((reason) => ({ ...reason, since: isoTime(reason.since) })) };
}

export function presentLoopDelay(delay: LoopDelayReading): WsHealthPayload['loop_delay_ms'] {
  return { p50: delay.p50Ms, p99: delay.p99Ms, max: delay.maxMs };
}
