/**
 * One market: its sockets, and what they bring as one stream.
 *
 * Raced sockets are several pools that are given the same topics. Their trades are united by id (trades/trade-line.ts); of every other
 * topic one socket is told and another one kept ready (race/).
 */
import type { ErrorCode } from '../../shared/errors.ts';
import type { SocketReport, TopicReport } from '../../shared/events/process-events.ts';
import { type Topic, topicKey } from '../../shared/market.ts';
import type { MonoMs } from '../../shared/time.ts';
import { noticedWithin, Race } from './race/race.ts';
import { SocketPool, type SocketPoolConfig, type SocketPoolPorts } from './sockets/socket-pool.ts';
import { type AskList, TradeAudit } from './trades/trade-audit.ts';
import type { HasRoom } from './trades/trade-line-gaps.ts';
import type { RaceCounts } from './trades/trade-line-ids.ts';
import type { Resume } from './trades/trade-line-types.ts';
import { type ReadRecent, TradeLines } from './trades/trade-lines.ts';

export type MarketConfig = Omit<SocketPoolConfig, 'numbers'> & {
  /** Sockets for each topic. */
  readonly redundancy: number;
};

export type MarketPorts = Omit<SocketPoolPorts, 'lines'> & {
  /** Without it, gaps of trades are told with both ends, and nobody fills them. */
  readonly readRecent?: ReadRecent | undefined;
  /** Without it, nobody holds trades against the exchange's list. */
  readonly askList?: AskList | undefined;
  /** Has the reader room for another trade? */
  readonly hasRoom?: HasRoom | undefined;
};

export class Market {
  readonly #ports: MarketPorts;
  readonly #lines: TradeLines;
  readonly #audit: TradeAudit | undefined;
  /** One for each socket of a topic. */
  readonly #pools: readonly SocketPool[];
  /** Undefined with one socket a topic. */
  readonly #race: Race | undefined;
  /** What each socket was good for of topics that were given up since: counts never fall. */
  readonly #givenUp = new Map<number, RaceCounts>();

  constructor({ redundancy, ...config }: MarketConfig, ports: MarketPorts) {
    this.#ports = ports;
    let gaps = 0;
    const nextGapId = (): string => {
      gaps += 1;
      return `${config.name}-t${gaps}`;
    };
    const { emit, readRecent, hasRoom, clock, askList: ask } = ports;
    const { healing, connection, tradeAudit } = config.policy;
    const lines = new TradeLines(healing.trades, { emit, nextGapId, readRecent, hasRoom });
    const times = {
      noticedWithinMs: noticedWithin(connection),
      bringWithinMs: healing.trades.joinWithinMs,
    };
    const race = redundancy > 1 ? new Race({ replicas: redundancy, clock, ...times, emit }) : undefined;
    this.#lines = lines;
    this.#audit = ask && new TradeAudit(tradeAudit, { ask, subjects: () => lines.subjects() });
    this.#race = race;
    this.#pools = Array.from({ length: redundancy }, (_, replica) => {
      const numbers = { first: replica, step: redundancy };
      const told: SocketPoolPorts['emit'] = race === undefined ? emit : (event) => race.told(replica, event);
      return new SocketPool({ ...config, numbers }, { ...ports, emit: told, lines });
    });
  }

  /** A topic is wanted from now on; where an earlier connector had ended with it, it goes on from there. */
  want(topic: Topic, resume?: Resume): void {
    for (const pool of this.#pools) pool.want(topic, resume);
  }

  unwant(topic: Topic): void {
    const isCounted = this.#race !== undefined && topic.channel === 'trades';
    const before = isCounted ? this.socketReports() : [];
    for (const pool of this.#pools) pool.unwant(topic);
    this.#race?.forget(topic);
    // Sockets that are gone by now are not told of any more.
    if (isCounted) this.#givenUp.clear();
    for (const { socket = 0, first_trades = 0, only_trades = 0 } of before) {
      const { first, only } = this.#lines.raceCounts(socket);
      this.#givenUp.set(socket, { first: first_trades - first, only: only_trades - only });
    }
  }

  /** True when the exchange has acknowledged the topic on a present connection. */
  isActive(topic: Topic): boolean {
    return this.#pools.some((pool) => pool.isActive(topic));
  }

  /** Fetches one book anew: its deltas were dropped on the way to a slow reader. */
  refetch(topic: Topic): void {
    this.#pools[this.#race?.activeOf(topic) ?? 0]?.refetch(topic);
  }

  /** Looks at every deadline; to be called every `policy.tickEveryMs`. */
  tick(): void {
    const dataAt = this.#pools.map((pool) => pool.dataAt);
    for (const [replica, pool] of this.#pools.entries())
      pool.tick(newest(dataAt.filter((_, other) => other !== replica)));
    const now = this.#ports.clock.monoMs();
    this.#race?.tick(now);
    this.#lines.tick(now);
    this.#audit?.tick(now);
  }

  /** All connections are given up at once. */
  lost(code: ErrorCode, reason: string): void {
    for (const pool of this.#pools) pool.lost(code, reason);
  }

  stop(): void {
    for (const pool of this.#pools) pool.stop();
    this.#lines.stop();
  }

  /** Each topic once, with all its sockets: it is as well as on the one where it is best. */
  topicReports(now: MonoMs): readonly TopicReport[] {
    const [first = [], ...others] = this.#pools.map((pool) => pool.topicReports(now));
    if (others.length === 0) return first;
    const best = new Map(first.map((report) => [topicKey(report), report]));
    for (const report of others.flat()) {
      const known = best.get(topicKey(report));
      best.set(topicKey(report), known === undefined ? report : united(known, report));
    }
    return [...best.values()];
  }

  /** The exchange's REST interface answers again. */
  hurry(now: MonoMs): void {
    this.#lines.hurry(now);
  }

  /** Trades that were given up since the reader had no room. */
  get droppedTrades(): number {
    return this.#lines.dropped;
  }

  socketReports(): readonly SocketReport[] {
    const reports = this.#pools.flatMap((pool) => pool.socketReports());
    if (this.#race === undefined) return reports;
    return reports.map((report) => {
      const { socket = 0 } = report;
      const { first, only } = this.#lines.raceCounts(socket);
      const before = this.#givenUp.get(socket) ?? { first: 0, only: 0 };
      return { ...report, first_trades: before.first + first, only_trades: before.only + only };
    });
  }
}

function united(one: TopicReport, other: TopicReport): TopicReport {
  const isOneActive = one.state === 'active' || other.state !== 'active';
  const ages = [one.age_ms, other.age_ms].filter((age) => age !== null);
  return {
    ...one,
    state: isOneActive ? one.state : other.state,
    stale: one.stale && other.stale,
    age_ms: ages.length === 0 ? null : Math.min(...ages),
    messages: Math.max(one.messages, other.messages),
    sockets: [...(one.sockets ?? []), ...(other.sockets ?? [])],
  };
}

function newest(moments: readonly (MonoMs | undefined)[]): MonoMs | undefined {
  let latest: MonoMs | undefined;
  for (const moment of moments)
    if (moment !== undefined && (latest === undefined || moment > latest)) latest = moment;
  return latest;
}
