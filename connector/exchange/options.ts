/**
 * The command line of the exchange, read whole: everything that is wrong comes in one answer.
 */
import type { ApiKey } from './exchange.ts';
import type { Spread } from './feeds/pace.ts';

/** What the server needs to start. */
export interface ServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Undefined means a random market, and ids that never collide with another run's. */
  readonly seed: string | undefined;
  readonly rate: number | undefined;
  readonly tradesPerFrame: number | undefined;
  readonly stepsPerFrame: number;
  /** Made-up contracts beside the usual markets. */
  readonly symbols: number;
  readonly spread: Spread;
  /** Ticks around its start within which each price stays; undefined: 4 % of it. */
  readonly bandTicks: number | undefined;
  readonly logDir: string | undefined;
  /** Made-up trades of a day of the past; 0 is no past. */
  readonly historyTrades: number;
  /** What the clock says at the start, ms since 1970. */
  readonly startAt: number | undefined;
  readonly archiveDelayMs: number;
  readonly apiKey: ApiKey | undefined;
  readonly stopOnEof: boolean;
  /** From the environment (TIME_SCALE): multiplies the durations that Bybit's rules name. */
  readonly timeScale: number;
}

/** Options as the command line gives them: `true` stands for an option without its value. */
export type RawOptions = Readonly<Record<string, string | boolean | undefined>>;

const SPREADS: readonly Spread[] = ['natural', 'equal'];
const MINUTE_MS = 60_000;
/** A time in UTC, to the second or finer. */
const CLOCK = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z$/;
const HOSTS = ['127.0.0.1', '::1', 'localhost'];

/** Reads the options, the words that belong to none, and TIME_SCALE; otherwise lists all problems. */
export function readOptions(
  raw: RawOptions,
  unknown: readonly string[],
  timeScaleText: string | undefined,
): { readonly options: ServerOptions } | { readonly problems: readonly string[] } {
  const problems = unknown.map((word) =>
    word.startsWith('-') ? `unknown option ${word}` : `unexpected word "${word}"`,
  );
  const text = (name: string, flag: string): string | undefined => {
    const value = raw[name];
    if (value === true || value === '') problems.push(`${flag} needs a value`);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const number = (name: string, flag: string, least: number, most: number): number | undefined => {
    const value = text(name, flag);
    if (value === undefined) return undefined;
    const parsed = Number(value);
    if (Number.isInteger(parsed) && parsed >= least && parsed <= most) return parsed;
    problems.push(`${flag} must be a whole number from ${least} to ${most}, not "${value}"`);
    return undefined;
  };
  const host = text('host', '--host') ?? '127.0.0.1';
  if (!HOSTS.includes(host))
    problems.push(`--host must be a loopback address (${HOSTS.join(', ')}), not "${host}"`);
  const spread = text('spread', '--spread') ?? 'natural';
  if (!SPREADS.some((known) => known === spread))
    problems.push(`--spread must be one of ${SPREADS.join(', ')}, not "${spread}"`);
  const timeScale = Number(timeScaleText || 1);
  if (!(timeScale > 0 && timeScale <= 1000))
    problems.push(`TIME_SCALE must be a number from above 0 to 1000, not "${timeScaleText}"`);
  const clock = text('clock', '--clock');
  const startAt = clock === undefined ? undefined : Date.parse(clock);
  const isTime = clock === undefined || (CLOCK.test(clock) && !Number.isNaN(startAt));
  if (!isTime) problems.push(`--clock must be a time in UTC like 2026-08-01T14:00:00Z, not "${clock}"`);
  const key = text('apiKey', '--api-key');
  const secret = text('apiSecret', '--api-secret');
  if ((key === undefined) !== (secret === undefined))
    problems.push('--api-key and --api-secret belong together: give both or none');
  const options: ServerOptions = {
    host,
    port: number('port', '--port', 0, 65_535) ?? 8765,
    seed: text('seed', '--seed'),
    rate: number('rate', '--rate', 1, 100_000),
    tradesPerFrame: number('tradesPerFrame', '--trades-per-frame', 1, 2000),
    stepsPerFrame: number('stepsPerFrame', '--steps-per-frame', 1, 1000) ?? 1,
    symbols: number('symbols', '--symbols', 0, 700) ?? 0,
    spread: SPREADS.find((known) => known === spread) ?? 'natural',
    bandTicks: number('band', '--band', 1, 1_000_000),
    logDir: text('logDir', '--log-dir'),
    historyTrades: number('historyTrades', '--history-trades', 0, 10_000_000) ?? 20_000,
    startAt,
    archiveDelayMs: (number('archiveDelay', '--archive-delay', 0, 10_000) ?? 240) * MINUTE_MS,
    apiKey: key === undefined || secret === undefined ? undefined : { key, secret },
    stopOnEof: raw['stopOnEof'] === true,
    timeScale,
  };
  return problems.length > 0 ? { problems } : { options };
}
