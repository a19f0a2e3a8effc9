/**
 * The one judgement of how things stand, for /health, /ready and the page alike.
 *
 * Unhealthy: no child is ready, or no topic flows. Degraded: data come, but something that the user asked for is refused,
 * silent, wrong, missing or late. Every check that fails says in words what and which topic, since a light that is only red
 * helps nobody. Pure: the report before is an argument, so that each check can say since when it stands as it does.
 */
import type { GapEvent } from '../../shared/events/process-events.ts';
import { type ClockKind, topicKey } from '../../shared/market.ts';
import type { Millis, UnixMs } from '../../shared/time.ts';
import type { IntakeCounts } from '../intake/intake.ts';
import type { BookView } from './book-view.ts';
import { type ClockDistance, type ClockLimits, judgeClock } from './clock-judgement.ts';
import { type Connection, connectionName } from './connections.ts';
import type { TopicView } from './topic-feed.ts';

/** A bad line or a jump of the line number shows this long. */
const FAULT_SHOWN_MS: Millis = 60_000;
/** Events wait this long for their turn when the runner is overloaded. */
const LOOP_DELAY_LIMIT_MS: Millis = 250;
/** More topics than this are counted, not named. */
const NAMED_TOPICS = 20;
/** The same of what /ready waits for. */
const NAMED_MISSING = 100;

export type HealthFacts = {
  /** The supervisor's summary; `reason` says in words why the child is not ready. */
  readonly child: { readonly ready: boolean; readonly state: string; readonly reason: string | null };
  readonly connections: readonly Connection[];
  readonly topics: readonly TopicView[];
  readonly books: readonly BookView[];
  readonly endlessGaps: readonly GapEvent[];
  readonly intake: Pick<IntakeCounts, 'last_bad_at' | 'last_jump_at'>;
  /** Event loop delay of the last window, 99th percentile. */
  readonly loopDelayMs: Millis;
  /** How far our clock is from the exchange's, as the child measured it; null while unknown. */
  readonly clock: {
    readonly kind: ClockKind;
    readonly distance: ClockDistance | null;
    readonly limits: ClockLimits;
  };
  /** Why gaps cannot be recorded, in words; null while they are. */
  readonly ledger: string | null;
  /** Of the filters of SYMBOLS: what is waited for, and what is wrong, in words. Absent where there are none. */
  readonly symbols?: { readonly waitingFor: readonly string[]; readonly fault: string | null };
  /** Why nothing is written that can be spared, in words; null while it is. */
  readonly disk: string | null;
  /** Why past trades are not told, in words; null while they are. Absent where nobody asks for any. */
  readonly history?: string | null;
  /** Strategies that no longer run, with the cause. */
  readonly disabledStrategies: readonly { readonly name: string; readonly reason: string }[];
};

export type HealthStatus = 'Healthy' | 'Degraded' | 'Unhealthy';

export type HealthCheck = {
  readonly name: string;
  readonly ok: boolean;
  /** Since when `ok` is what it is. */
  readonly since: UnixMs;
  /** What is wrong, in words; null while ok. */
  readonly reason: string | null;
};

export type HealthReport = {
  readonly status: HealthStatus;
  /** What `websocketConnected` says. */
  readonly websocketConnected: boolean;
  readonly checks: readonly HealthCheck[];
};

export type Readiness = {
  readonly ready: boolean;
  /** What is waited for, in words. */
  readonly missing: readonly string[];
  /** Refused topics are not waited for, but they are told. */
  readonly refused: readonly { readonly topic: string; readonly reason: string }[];
};

/** The present health. `previous` is the report before this one, if there was one. */
export function healthOf(
  facts: HealthFacts,
  previous: HealthReport | undefined,
  nowMs: UnixMs,
): HealthReport {
  const checks = Object.entries(faultsOf(facts, nowMs)).map(([name, reason]) => {
    const before = previous?.checks.find((check) => check.name === name);
    const ok = reason === null;
    return { name, ok, since: before?.ok === ok ? before.since : nowMs, reason };
  });
  const works = facts.child.ready && facts.topics.some(flows);
  const status = !works ? 'Unhealthy' : checks.every((check) => check.ok) ? 'Healthy' : 'Degraded';
  return { status, websocketConnected: websocketConnected(facts), checks };
}

/** The child is ready and the sockets of all wanted markets are open. */
export function websocketConnected({
  child,
  connections,
}: {
  readonly child: Pick<HealthFacts['child'], 'ready'>;
  readonly connections: readonly Connection[];
}): boolean {
  return child.ready && connections.every(({ state }) => state === 'connected');
}

/** Is everything there that was accepted? Trades and liquidations may be silent; books and tickers need their snapshot. */
export function readinessOf(facts: Pick<HealthFacts, 'child' | 'topics' | 'symbols'>): Readiness {
  const unknown = facts.symbols?.waitingFor ?? [];
  const accepted = facts.topics.filter(({ phase }) => phase !== 'refused');
  const missing = accepted.flatMap((view) => {
    if (view.phase === 'awaiting') return [`snapshot of ${view.key}`];
    return view.state === 'subscribed' ? [] : [`acknowledgement of ${view.key}`];
  });
  const more = missing.length - NAMED_MISSING;
  if (more > 0) missing.splice(NAMED_MISSING, more, `${more} more`);
  if (accepted.length === 0 && unknown.length === 0) missing.push('a topic that the exchange accepts');
  missing.unshift(...unknown);
  if (!facts.child.ready) missing.unshift('a connector that is ready');
  return { ready: missing.length === 0, missing, refused: facts.topics.flatMap(refusalOf) };
}

/** Does the topic give what was asked for, as far as is known? */
export function flows(view: TopicView): boolean {
  return view.phase === 'flowing';
}

const comesOften = { trades: true, depth: true, ticker: true, kline: false, liquidation: false };

/**
 * Does a gap without an end say that data are being missed at this moment? Not of candles and liquidations, which come seldom: their gap
 * ends long after they flow again.
 */
export function isMissedNow({ channel }: Pick<GapEvent, 'channel'>): boolean {
  return comesOften[channel];
}

/** The supervisor's states in words that say what happens next. */
const childWords: Readonly<Record<string, string>> = {
  idle: 'is not running',
  starting: 'is starting',
  stopping: 'is being stopped',
  backoff: 'is down and will be started again in a moment',
  cooling: 'died too often and is tried again slowly',
  held: 'is held, since trying again cannot help (mend the cause, then restart the runner)',
};

/** Each check with what is wrong, or null. */
function faultsOf(facts: HealthFacts, nowMs: UnixMs): Record<string, string | null> {
  const { child, topics, intake } = facts;
  const connected = child.ready ? facts.connections : [];
  // While the connector or a socket is gone that is the cause, and naming every topic as well would only hide it.
  const reachable = topics.filter(
    ({ phase }) => child.ready && phase !== 'refused' && phase !== 'disconnected',
  );
  const reachableKeys = new Set(reachable.map(({ key }) => key));
  const judgedBooks = facts.books.filter(({ key }) => reachableKeys.has(key));
  return {
    child: child.ready
      ? null
      : `the connector ${childWords[child.state] ?? `is ${child.state}`}${child.reason === null ? '' : `: ${child.reason}`}`,
    connection: list(
      connected.filter(({ state }) => state === 'disconnected'),
      (connection) =>
        `${connectionName(connection)} is disconnected${connection.reason === null ? '' : ` (${connection.reason})`}`,
    ),
    data_flow: topics.some(flows) ? null : 'no topic flows',
    topics_accepted: list(
      topics.flatMap(refusalOf),
      ({ topic, reason }) => `${topic} was refused: ${reason}`,
    ),
    topics_granted: list(
      reachable.filter(({ phase }) => phase === 'wanted'),
      ({ key }) => `${key} is not acknowledged yet`,
    ),
    topics_fresh: list(
      reachable.filter(({ phase }) => phase === 'stale'),
      ({ key, stale_reason }) => `${key} is stale: ${stale_reason ?? 'no data'}`,
    ),
    books_valid: list(
      judgedBooks.filter(({ valid }) => !valid),
      ({ key, reason }) => `${key} is not valid: ${reason ?? 'unknown'}`,
    ),
    gaps_ended: list(
      facts.endlessGaps.filter(isMissedNow),
      (gap) => `${topicKey(gap)} is missing since ${since(gap)} (${gap.cause})`,
    ),
    ...(facts.symbols === undefined ? {} : { symbols: facts.symbols.fault }),
    ...(facts.history === undefined ? {} : { history: facts.history }),
    ledger: facts.ledger,
    disk: facts.disk,
    lines: lineFault(intake, nowMs),
    event_loop:
      facts.loopDelayMs <= LOOP_DELAY_LIMIT_MS
        ? null
        : `the runner is overloaded: events wait up to ${Math.round(facts.loopDelayMs)} ms`,
    ...clockFault(facts.clock),
    strategies: list(facts.disabledStrategies, ({ name, reason }) => `${name} is disabled: ${reason}`),
  };
}

function lineFault(intake: HealthFacts['intake'], nowMs: UnixMs): string | null {
  const isRecent = (at: UnixMs | null): boolean => at !== null && nowMs - at < FAULT_SHOWN_MS;
  if (isRecent(intake.last_jump_at)) return 'lines of the connector were lost or doubled (n jumped)';
  return isRecent(intake.last_bad_at) ? 'the connector wrote lines that are not valid events' : null;
}

/** A recording has times of its own: there is nothing to compare our clock with, so no check at all. */
function clockFault({ kind, distance, limits }: HealthFacts['clock']): { readonly clock?: string | null } {
  if (kind === 'replay') return {};
  if (distance === null) return { clock: null };
  const judgement = judgeClock(distance, limits);
  if (judgement.kind === 'near') return { clock: null };
  const cure =
    judgement.kind === 'unsure'
      ? 'look at the network, npm run doctor measures it anew'
      : 'sync the clock (timedatectl set-ntp true, or chrony), npm run doctor measures it exactly';
  return { clock: `${judgement.words}; ${cure}` };
}

function refusalOf(view: TopicView): readonly { readonly topic: string; readonly reason: string }[] {
  return view.phase === 'refused' ? [{ topic: view.key, reason: view.refusal ?? 'no reason given' }] : [];
}

function since(gap: GapEvent): string {
  return new Date(gap.from?.timestamp ?? gap.at).toISOString();
}

function list<T>(items: readonly T[], describe: (item: T) => string): string | null {
  if (items.length === 0) return null;
  const rest = items.length - NAMED_TOPICS;
  return items.slice(0, NAMED_TOPICS).map(describe).join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}
