/**
 * What is written to the log of the events that pass: the life of sockets and topics, every gap and error, and, at debug level,
 * every trade. The names that the source documents gave are kept (DESIGN 7.4); docs/runbook.md lists them.
 */
import type { TowlineEvent } from '../../shared/events/event.ts';
import type { TradeEvent } from '../../shared/events/market-events.ts';
import type { ErrorEvent, GapEvent, StatusEvent } from '../../shared/events/process-events.ts';
import type { Logger } from '../../shared/io/log.ts';
import type { MonoMs } from '../../shared/time.ts';
import { LogBursts } from './log-bursts.ts';

const statusNames: Partial<Record<StatusEvent['status'], string>> = {
  connected: 'ws_connected',
  disconnected: 'ws_disconnected',
};

/** Codes that say why a socket to the exchange could not be opened or was lost, and that what it said cannot be read. */
const errorNames: ReadonlyMap<string | undefined, string> = new Map([
  ...[
    'connect_failed',
    'connect_refused',
    'socket_lost',
    'pong_missing',
    'data_silent',
    'machine_slept',
    'rate_limited',
    'ip_banned',
    'region_blocked',
  ].map((code) => [code, 'bybit_ws_error'] as const),
  ['bad_frame', 'bybit_decode_error'],
]);

/**
 * The function that logs one event. The level is looked at once: a trade costs nothing where debug is off. Of topics that change
 * by the hundred only the first are named.
 */
export function eventLogger(log: Logger, now: () => MonoMs): (event: TowlineEvent) => void {
  const logsTrades = log.isLevelEnabled('debug');
  const bursts = new LogBursts(now, (kind, more) =>
    log.info({ event: kind, more }, `${more} more of these in 10 s, see /ws/health and /gaps`),
  );
  return (event) => {
    if (event.type === 'trade') {
      if (logsTrades) logTrade(log, event);
    } else if (event.type === 'status') logStatus(log, event, bursts);
    else if (event.type === 'gap') logGap(log, event, bursts);
    else if (event.type === 'error') logError(log, event);
  };
}

function logTrade(log: Logger, trade: TradeEvent): void {
  const { category, symbol, timestamp, price, qty, side, id, origin } = trade;
  log.debug({ event: 'bybit_trade', category, symbol, timestamp, price, qty, side, id, origin });
}

function logStatus(log: Logger, event: StatusEvent, bursts: LogBursts): void {
  const { status, scope, category, symbol, channel, reason, url } = event;
  if (status === 'heartbeat') return bursts.look();
  const name = statusNames[status] ?? `connector_${status}`;
  if (symbol !== undefined && !bursts.admits(name)) return;
  const level = status === 'disconnected' || status === 'stale' || status === 'resync' ? 'warn' : 'info';
  log[level]({
    event: name,
    scope,
    category,
    symbol,
    channel,
    url,
    reason,
  });
}

function logGap(log: Logger, gap: GapEvent, bursts: LogBursts): void {
  if (!bursts.admits('gap')) return;
  const { gap_id, cause, channel, category, symbol, from, to, state } = gap;
  log.warn(
    { event: 'gap', gap_id, state, cause, channel, category, symbol, from, to },
    to === null ? 'data are missing from here' : 'the missing span has both ends',
  );
}

function logError(log: Logger, { code, error, category, symbol, channel }: ErrorEvent): void {
  const event = errorNames.get(code) ?? 'connector_error';
  log.warn({ event, code, category, symbol, channel }, error);
}
