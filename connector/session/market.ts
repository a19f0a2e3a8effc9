/**
 * One market: its sockets, and the lines of trades that they feed.
 */
import type { ErrorCode } from '../../shared/errors.ts';
import type { SocketReport, TopicReport } from '../../shared/events/process-events.ts';
import type { Topic } from '../../shared/market.ts';
import type { MonoMs } from '../../shared/time.ts';
import { SocketPool, type SocketPoolConfig, type SocketPoolPorts } from './socket-pool.ts';
import type { ResumePlace } from './trade-line.ts';
import { type ReadRecent, TradeLines } from './trade-lines.ts';

export type MarketPorts = Omit<SocketPoolPorts, 'lines'> & {
  /** Without it, gaps of trades are told with both ends, and nobody fills them. */
  readonly readRecent?: ReadRecent | undefined;
};

export class Market {
  readonly #ports: MarketPorts;
  readonly #lines: TradeLines;
  readonly #pool: SocketPool;

  constructor(config: SocketPoolConfig, ports: MarketPorts) {
    this.#ports = ports;
    let gaps = 0;
    const nextGapId = (): string => {
      gaps += 1;
      return `${config.name}-t${gaps}`;
    };
    const { emit, readRecent } = ports;
    this.#lines = new TradeLines(config.policy.healing.trades, { emit, nextGapId, readRecent });
    this.#pool = new SocketPool(config, { ...ports, lines: this.#lines });
  }

  /** A topic is wanted from now on; where an earlier connector had ended with it, it goes on from there. */
  want(topic: Topic, resume?: ResumePlace): void {
    this.#pool.want(topic);
    if (resume !== undefined && topic.channel === 'trades')
      this.#lines.resume(topic.symbol, resume, this.#ports.clock.unixMs());
  }

  unwant(topic: Topic): void {
    this.#pool.unwant(topic);
  }

  /** True when the exchange has acknowledged the topic on the present connection. */
  isActive(topic: Topic): boolean {
    return this.#pool.isActive(topic);
  }

  /** Fetches one book anew: its deltas were dropped on the way to a slow reader. */
  refetch(topic: Topic): void {
    this.#pool.refetch(topic);
  }

  /** Looks at every deadline; to be called every `policy.tickEveryMs`. */
  tick(): void {
    this.#pool.tick();
    this.#lines.tick(this.#ports.clock.monoMs());
  }

  /** All connections are given up at once. */
  lost(code: ErrorCode, reason: string): void {
    this.#pool.lost(code, reason);
  }

  stop(): void {
    this.#pool.stop();
    this.#lines.stop();
  }

  topicReports(now: MonoMs): readonly TopicReport[] {
    return this.#pool.topicReports(now);
  }

  socketReports(): readonly SocketReport[] {
    return this.#pool.socketReports();
  }
}
