/** What is written to the log of the events that pass: the life of sockets and topics, and every gap. */
import type { GapEvent, StatusEvent } from '../../shared/events/process-events.ts';
import type { Logger } from '../../shared/io/log.ts';

/** Names that the source documents gave to two of them. */
const names: Partial<Record<StatusEvent['status'], string>> = {
  connected: 'ws_connected',
  disconnected: 'ws_disconnected',
};

export function logStatus(log: Logger, event: StatusEvent): void {
  const { status, scope, category, symbol, channel, reason, url } = event;
  if (status === 'heartbeat') return;
  const level = status === 'disconnected' || status === 'stale' || status === 'resync' ? 'warn' : 'info';
  log[level]({
    event: names[status] ?? `connector_${status}`,
    scope,
    category,
    symbol,
    channel,
    url,
    reason,
  });
}

export function logGap(log: Logger, gap: GapEvent): void {
  const { gap_id, cause, channel, category, symbol, from, to, state } = gap;
  log.warn(
    { event: 'gap', gap_id, state, cause, channel, category, symbol, from, to },
    to === null ? 'data are missing from here' : 'the missing span has both ends',
  );
}
