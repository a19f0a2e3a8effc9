/** The numbers of /metrics as JSON. */

import type { ChannelHops } from '../observe/hops.ts';
import type { LatencyHistogram } from '../observe/latency-histogram.ts';
import type { Meters } from '../observe/meters.ts';
import { observedIn } from '../observe/observed.ts';
import type { HopPayload, MetricsPayload } from './metrics-payloads.ts';
import type { ApiPorts } from './ports.ts';
import { presentLoopDelay } from './present-health.ts';
import type { ChannelRate, ConnectorView, MetricsView } from './views.ts';

/** How many listen to /stream, and how many updates slow ones did not get. */
export type StreamCounts = { readonly clients: number; readonly skippedUpdates: number };

export function presentMetrics(
  ports: Pick<ApiPorts, 'metrics' | 'connectors' | 'gaps' | 'health' | 'audit'>,
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
      lines: sum(({ process }) => process.lines),
      bad_lines: sum((connector) => connector.badLines),
      restarts: sum(({ process }) => process.restarts),
      reconnection_attempts: sum((connector) => connector.reconnectionAttempts),
      clock_offset_ms: connectors[0].clockOffsetMs,
    },
    gaps: countGaps(ports),
    hops: presentHops(observedIn(ports.health())?.meters),
    ledger: { ...metrics.ledger },
    dumps: metrics.dumps === null ? null : { ...metrics.dumps },
    recording: presentRecording(metrics.recording),
    audit: { ...ports.audit().counts },
    disk_free_bytes: metrics.diskFreeBytes,
    stream: { clients: stream.clients, skipped_updates: stream.skippedUpdates },
    loop_delay_ms: presentLoopDelay(metrics.loopDelay),
    rss_bytes: metrics.rssBytes,
    uptime_seconds: metrics.uptimeSeconds,
    counts: { ...metrics.counts },
  };
}

function presentRecording(counts: MetricsView['recording']): MetricsPayload['recording'] {
  if (counts === undefined) return null;
  const { paused, instruments, waiting, trades, bytes, dropped, doubles, keptBytes } = counts;
  const rest = { dropped: { ...dropped }, kept_bytes: keptBytes };
  return { paused, instruments, waiting, trades, bytes, doubles, ...rest };
}

export function countGaps(ports: Pick<ApiPorts, 'gaps'>): MetricsPayload['gaps'] {
  const counts = { open: 0, healed: 0, lost: 0 };
  for (const gap of ports.gaps()) counts[gap.state] += 1;
  return counts;
}

function presentRate(rate: ChannelRate): MetricsPayload['trades'] {
  return {
    per_minute_count: rate.perMinuteCount,
    per_second_rate: rate.perSecondRate,
    queue_size: rate.queueSize,
    total_count: rate.total,
  };
}

function presentHops(meters: Meters | undefined): MetricsPayload['hops'] {
  if (meters === undefined) return null;
  const { hops, handOver } = meters;
  return {
    trades: presentChannelHops(hops.trades),
    depth: presentChannelHops(hops.depth),
    strategies: handOver === undefined ? null : presentHop(handOver.histogram),
  };
}

function presentChannelHops(hops: ChannelHops): NonNullable<MetricsPayload['hops']>['trades'] {
  return {
    engine_to_push: presentHop(hops.engine_to_push),
    push_to_child: presentHop(hops.push_to_child),
    child_to_runner: presentHop(hops.child_to_runner),
    total: presentHop(hops.total),
  };
}

function presentHop(histogram: LatencyHistogram): HopPayload {
  const { count, negative, sumSeconds } = histogram;
  const ms = (micros: number | null): number | null => (micros === null ? null : Math.round(micros) / 1_000);
  return {
    count,
    p50_ms: ms(histogram.quantile(0.5)),
    p99_ms: ms(histogram.quantile(0.99)),
    mean_ms: ms(count === 0 ? null : (sumSeconds * 1e6) / count),
    negative,
  };
}
