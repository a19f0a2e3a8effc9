/**
 * The names of all settings, for whoever reads a `.env`: a name that nobody knows is told, with the one that was probably meant.
 *
 * What each of them means is in the runner's table (runner/config/settings-table.ts); a test holds the two together.
 */
import { nearestName } from './near-miss.ts';
import type { TextFindings } from './topics.ts';
import { shownName } from './words.ts';

export const settingNames: readonly string[] = [
  'DATA_SOURCE',
  'CONNECTOR_COMMAND',
  'BYBIT_CONNECTOR_CONFIG_FILE',
  'CONNECTOR_PROFILE',
  'BYBIT_CONNECTOR_TESTNET',
  'CONNECTOR_REPLAY_FILE',
  'CONNECTOR_REPLAY_SPEED',
  'CATEGORY',
  'SYMBOLS',
  'SYMBOL',
  'BYBIT_SYMBOL',
  'SUBSCRIPTIONS',
  'WEBSOCKET_BUFFER_SIZE',
  'BYBIT_WEBSOCKET_PUBLIC_URL',
  'SPOT_WEBSOCKET_URL',
  'BYBIT_WEBSOCKET_URL',
  'BYBIT_WEBSOCKET_TRADE_URL',
  'BYBIT_REST_BASE_URL',
  'BYBIT_ARCHIVE_BASE_URL',
  'BYBIT_WEBSOCKET_HEARTBEAT_INTERVAL',
  'BYBIT_WEBSOCKET_RECONNECT_DELAY',
  'BYBIT_WEBSOCKET_MAX_RECONNECT_ATTEMPTS',
  'BYBIT_WEBSOCKET_RATE_LIMIT',
  'REDUNDANCY',
  'BYBIT_ENABLE_USER_DATA_STREAM',
  'BYBIT_API_KEY',
  'BYBIT_API_SECRET',
  'BYBIT_AUTH_TIMESTAMP_TOLERANCE',
  'BYBIT_AUTH_RETRY_ATTEMPTS',
  'CONNECTOR_PAPER_TRADING',
  'TRADING_ENABLED',
  'CANCEL_ON_STOP',
  'DATABASE_URL',
  'DATA_DIR',
  'API_TOKEN',
  'BYBIT_API_TIMEOUT',
  'BYBIT_BACKFILL_MAX_RETRIES',
  'BYBIT_BACKFILL_RETRY_BASE',
  'BYBIT_BACKFILL_RATE_LIMIT_THRESHOLD',
  'BYBIT_BACKFILL_COOLDOWN_SECONDS',
  'BYBIT_BACKFILL_PUBLIC_DELAY_MS',
  'BYBIT_BACKFILL_MAX_CONCURRENT_CHUNKS',
  'BACKFILL_CACHE_ENABLED',
  'BACKFILL_CACHE_DIR',
  'BACKFILL',
  'BACKFILL_KEPT_DAYS',
  'CONTEXT_BACKFILL_TEST_MODE',
  'GATE_NEEDS',
  'RECORD_TRADES',
  'RECORD_KEPT_DAYS',
  'RECORD_MAX_MB',
  'REDIS_URL',
  'REDIS_HOST',
  'REDIS_PORT',
  'REDIS_DB',
  'REDIS_PREFIX',
  'COIN_CHANNEL',
  'COIN_FEED_AUTO',
  'RESYNC_CHANNEL',
  'HEARTBEAT_CHANNEL',
  'HEARTBEAT_INTERVAL',
  'SERVICE_STATUS_CHANNEL',
  'BOT_NAME',
  'BOT_AUTH_TOKEN',
  'WEBHOOK',
  'WEBSOCKET_USERID',
  'ROLE',
  'FLIGHT_RECORDER_MB',
  'MIN_FREE_DISK_MB',
  'STRATEGIES',
  'CVD_RESET_SECONDS',
  'LIQUIDATION_BIN_SIZE',
  'LIQUIDATION_MAX_CLUSTERS',
  'PROFILE_TICK_SIZE',
  'HOST',
  'PORT',
  'ALLOWED_HOSTS',
  'LOG_LEVEL',
  'LOG_FILENAME',
  'HTTPS_PROXY',
  'NO_PROXY',
  'CONNECTOR_MAX_DEATHS',
  'TIME_SCALE',
];

const known: ReadonlySet<string> = new Set(settingNames);

export function isKnownName(name: string): boolean {
  return known.has(name);
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Names that we do not know: in .env all of them, in the environment those that begin like ours and are near to one. */
export function checkNames(env: Variables, envFile: Variables, findings: TextFindings): void {
  for (const name of Object.keys(envFile)) {
    if (isKnownName(name)) continue;
    const meant = nearestName(name, settingNames);
    if (meant === undefined)
      findings.warnings.push(`.env sets ${shownName(name)}, which towline does not know: it has no effect.`);
    else
      findings.problems.push(
        `.env sets ${name}, which does not exist: ${meant} was probably meant. Rename or remove it.`,
      );
  }
  for (const name of Object.keys(env)) {
    if (isKnownName(name) || !ourPrefixes.some((prefix) => name.toUpperCase().startsWith(prefix))) continue;
    const meant = nearestName(name, settingNames);
    if (meant !== undefined) {
      findings.problems.push(
        `the environment sets ${name}, which does not exist: ${meant} was probably meant. Rename or unset it.`,
      );
    }
  }
}

/** The beginnings of our names that nobody else is likely to use. */
const ourPrefixes = [
  'BYBIT_',
  'CONNECTOR_',
  'WEBSOCKET_',
  'BACKFILL_',
  'RECORD_',
  'LIQUIDATION_',
  'SYMBOL',
  'SUBSCRI',
  'STRATEG',
];
