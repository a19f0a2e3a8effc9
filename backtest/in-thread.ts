/**
 * A strategy in this very thread, behind the port that otherwise starts worker threads: the runner's own engine, queue and gate feed
 * the runner's own StrategyRun, and every batch is answered before the call returns.
 */

import type { Strategy } from '../runner/strategy/api.ts';
import { unpackBatch } from '../runner/strategy/batch-codec.ts';
import type { StrategyMessage } from '../runner/strategy/messages.ts';
import type { StrategyPorts, WorkerListener } from '../runner/strategy/ports.ts';
import { StrategyRun } from '../runner/strategy/strategy-run.ts';
import { type Clock, type MonoMs, type UnixMs, unixMs } from '../shared/time.ts';

export class InThread {
  /** What is being handled; undefined between two events. */
  handling: StrategyMessage | undefined;
  readonly #strategy: Strategy;
  readonly #clock: Pick<Clock, 'monoMs' | 'unixMs'>;
  readonly #onGate: (message: Extract<StrategyMessage, { kind: 'gate' }>, at: UnixMs) => void;
  #listener: WorkerListener | undefined;

  constructor(
    strategy: Strategy,
    clock: Pick<Clock, 'monoMs' | 'unixMs'>,
    onGate: (message: Extract<StrategyMessage, { kind: 'gate' }>, at: UnixMs) => void,
  ) {
    this.#strategy = strategy;
    this.#clock = clock;
    this.#onGate = onGate;
  }

  readonly spawn: StrategyPorts['spawn'] = ({ file }, listener) => {
    const run = new StrategyRun(this.#strategy, file);
    this.#listener = listener;
    return {
      post: (packed) => {
        const { batch, events } = unpackBatch(packed);
        for (const event of events) if (isHeard(this.#strategy, event)) this.#deliver(run, event);
        this.#tell(run.answer(batch));
      },
      terminate: () => {
        this.#listener = undefined;
      },
    };
  };

  /** What a worker says once it has loaded its file. To be called after the engine was started. */
  loaded(): void {
    const { name, needs } = this.#strategy;
    this.#tell({ kind: 'loaded', name, ...(needs === undefined ? {} : { needs: [...needs] }) });
  }

  #deliver(run: StrategyRun, event: StrategyMessage): void {
    this.handling = event;
    if (event.kind === 'gate') this.#onGate(event, this.#now().nowMs);
    run.deliver(event);
    this.handling = undefined;
  }

  #tell(message: unknown): void {
    const { now, nowMs } = this.#now();
    this.#listener?.onMessage(message, now, nowMs);
  }

  #now(): { readonly now: MonoMs; readonly nowMs: UnixMs } {
    return { now: this.#clock.monoMs(), nowMs: this.#clock.unixMs() };
  }
}

/**
 * Does it have a handler for this? What nobody hears is no success between two errors. Gates and books are remembered for other events.
 */
function isHeard(strategy: Strategy, { kind }: StrategyMessage): boolean {
  switch (kind) {
    case 'trade':
      return strategy.onTrade !== undefined;
    case 'candle':
      return strategy.onCandle !== undefined;
    case 'kline':
      return strategy.onKline !== undefined;
    case 'ticker':
      return strategy.onTicker !== undefined;
    case 'liquidation':
      return strategy.onLiquidation !== undefined;
    case 'gap':
      return strategy.onGap !== undefined;
    case 'timer':
      return strategy.onTimer !== undefined;
    case 'book':
    case 'gate':
      return true;
  }
}

/** "onTrade of trade 17 at 2026-08-01T00:00:00.000Z": for a message about a call that does not end. */
export function handlerText(event: StrategyMessage | undefined, at: number): string {
  const name =
    event === undefined ? 'a handler' : `on${event.kind.charAt(0).toUpperCase()}${event.kind.slice(1)}`;
  const what = event?.kind === 'trade' ? ` of the trade at price ${event.price}, quantity ${event.qty},` : '';
  return `${name}${what} at ${new Date(unixMs(at)).toISOString()}`;
}
