/**
 * The strategies of the user: each in a thread of its own, fed from the stream of events, heard by what they conclude.
 *
 * The feed calls `onEvent` after the context has taken the event in, so that a strategy is told the book as it is then.
 * Nothing here waits: events are queued, given to the workers in batches (256 events, or the end of the turn), and what the
 * workers conclude comes back later as data.
 */
import type { TowlineEvent } from '../../shared/events/event.ts';
import type { Instrument } from '../../shared/market.ts';
import type { Policy } from '../../shared/policy.ts';
import { Ring } from '../../shared/ring.ts';
import { after, type MonoMs, monoMs, type UnixMs } from '../../shared/time.ts';
import type { BookTop } from '../context/book-view.ts';
import type { Candle } from '../context/candle.ts';
import { InstrumentMap } from '../intake/instrument-map.ts';
import { HandOver } from '../observe/hand-over.ts';
import { type Analysis, RunningAnalysis } from './analysis.ts';
import type { Signal } from './api.ts';
import { messageOf } from './event-messages.ts';
import type { GateState } from './gate.ts';
import { GateDesk, type GateSources } from './gate-desk.ts';
import type { Offered, WorkerTask } from './messages.ts';
import type { PublishedSignal, StrategyPorts, StrategyStatus } from './ports.ts';
import { StrategyHost } from './strategy-host.ts';

/** Signals kept for the API. */
const MAX_SIGNALS_KEPT = 1_000;

export type EngineOptions = {
  /** Absolute paths of the strategy files (STRATEGIES). */
  readonly files: readonly string[];
  /** Those that are listened to; read anew each time, since symbols come and go. */
  readonly instruments: readonly Instrument[];
  readonly policy: Policy['strategy'];
};

export type EnginePorts = StrategyPorts & {
  /** What opens and shuts the gates; without it there are none. */
  readonly gate?: GateSources;
  /** The best prices now (Context.topOf); undefined when no book of this symbol is wanted. */
  readonly topOf: (instrument: Instrument, now: MonoMs) => BookTop | undefined;
};

export class StrategyEngine {
  /** How long the threads took for each batch. */
  readonly handOver = new HandOver();
  readonly #policy: Policy['strategy'];
  readonly #ports: EnginePorts;
  readonly #options: EngineOptions;
  readonly #hosts: readonly StrategyHost[];
  readonly #tops = new InstrumentMap<BookTop>();
  readonly #signals = new Ring<PublishedSignal>(MAX_SIGNALS_KEPT);
  readonly #gates: GateDesk | undefined;
  #signalCount = 0;
  #now = monoMs(0);
  #willFlush = false;
  /** A word of the child may have turned books bad. It says many in one turn, and each may concern all: we look once, at its end. */
  #topsMayHaveTurned = false;
  #tickedAt: MonoMs | undefined;
  #timerAt: MonoMs | undefined;
  #analysis: RunningAnalysis | undefined;

  constructor(options: EngineOptions, ports: EnginePorts) {
    this.#policy = options.policy;
    this.#ports = ports;
    this.#options = options;
    this.#hosts = options.files.map(
      (file, index) =>
        new StrategyHost(taskOf(file, options), options.policy, {
          isGateOpen: () => this.#gates?.lets(index) ?? true,
          spawn: this.handOver.measured(ports.spawn, () => this.#now),
          onTrouble: ports.onTrouble,
          onSignals: (signals, strategy, nowMs) => this.#publish(signals, strategy, nowMs),
        }),
    );
    const gated = this.#hosts.map((host) => ({
      needs: () => host.needs,
      onGate: (state: GateState, now: MonoMs) => {
        host.gate(state, now);
        this.#flushAtTurnEnd(now);
      },
    }));
    this.#gates = ports.gate === undefined ? undefined : new GateDesk(ports.gate, gated);
  }

  start(now: MonoMs): void {
    for (const host of this.#hosts) host.start(now);
  }

  /** Gives the threads what waits, without the end of the turn. */
  flush(now: MonoMs): void {
    this.#now = now;
    for (const host of this.#hosts) host.flush(now);
  }

  /** All that was told has been worked off, as far as there is a thread to do so. */
  get isIdle(): boolean {
    return this.#hosts.every((host) => host.isIdle);
  }

  /** Ends all threads. */
  stop(): void {
    for (const host of this.#hosts) host.stop();
  }

  /** An event that the context has taken in. */
  onEvent(event: TowlineEvent, now: MonoMs): void {
    if (this.#hosts.length === 0) return;
    this.#gates?.glance(event.type === 'gap' ? event : undefined, now);
    if (event.type === 'depth') this.#offerTop(event, now);
    else if (event.type === 'status') {
      this.#topsMayHaveTurned = true;
      this.#flushAtTurnEnd(now);
    } else {
      const message = messageOf(event);
      if (message !== undefined) this.#offer(message, now);
    }
  }

  /** The child is gone (told after the context): books are not valid any more. */
  childEnded(now: MonoMs): void {
    this.#gates?.look(now);
    this.#offerTops(now);
  }

  /** A candle that was closed, or changed after it was closed. */
  onCandle(candle: Candle, now: MonoMs): void {
    this.#offer({ kind: 'candle', candle }, now);
  }

  /** To be called a few times a second. `exchangeNow` is what strategies are told as the time. */
  tick(now: MonoMs, exchangeNow: UnixMs): void {
    const slept = this.#tickedAt !== undefined && now - this.#tickedAt > this.#policy.stalledAfterMs;
    this.#tickedAt = now;
    this.#gates?.look(now);
    for (const host of this.#hosts) host.tick(now, slept);
    if (this.#analysis?.tick(now) === true) this.#analysis = undefined;
    if (this.#timerAt !== undefined && now - this.#timerAt < this.#policy.timerEveryMs) return;
    this.#timerAt = now;
    this.#offerTops(now);
    this.#offer({ kind: 'timer', at: exchangeNow }, now);
  }

  /** Tells each strategy a timer and waits for what it concludes. Who asks while that is under way gets the same answer. */
  analyze(now: MonoMs, exchangeNow: UnixMs): Promise<Analysis> {
    if (this.#analysis !== undefined) return this.#analysis.promise;
    const before = this.#signalCount;
    const deadline = after(now, this.#policy.answerWithinMs);
    const running = new RunningAnalysis(this.#hosts.length, deadline, () =>
      this.signals().filter(({ number }) => number > before),
    );
    this.#analysis = running;
    this.#offerTops(now);
    this.#hosts.forEach((host, index) => {
      host.ask({ kind: 'timer', at: exchangeNow }, now, (answered) => {
        if (running.heard(index, answered) && this.#analysis === running) this.#analysis = undefined;
      });
    });
    if (this.#hosts.length === 0 && running.tick(now)) this.#analysis = undefined;
    return running.promise;
  }

  /** The gate of everything that is wanted, and that of each strategy in the order of `statuses`; undefined without any. */
  gates(now: MonoMs): { readonly whole: GateState; readonly each: readonly GateState[] } | undefined {
    const gates = this.#gates;
    // Whoever asks may have seen what no tick has looked at yet, and must not be told otherwise here.
    gates?.look(now);
    return gates && { whole: gates.whole, each: this.#hosts.map((_, index) => gates.stateOf(index)) };
  }

  statuses(now: MonoMs): readonly StrategyStatus[] {
    return this.#hosts.map((host) => host.status(now));
  }

  /** The last thousand signals of all strategies, newest first. */
  signals(limit = MAX_SIGNALS_KEPT): readonly PublishedSignal[] {
    return [...this.#signals].slice(-limit).toReversed();
  }

  #offer(message: Offered, now: MonoMs): void {
    for (const host of this.#hosts) host.offer(message, now);
    this.#flushAtTurnEnd(now);
  }

  #flushAtTurnEnd(now: MonoMs): void {
    this.#now = now;
    if (this.#willFlush || this.#hosts.length === 0) return;
    this.#willFlush = true;
    this.#ports.atTurnEnd(() => {
      if (this.#topsMayHaveTurned) this.#offerTops(this.#now);
      this.#willFlush = false;
      for (const host of this.#hosts) host.flush(this.#now);
    });
  }

  /** Most updates change levels behind the best ones: those are not told. */
  #offerTop(instrument: Instrument, now: MonoMs): void {
    const top = this.#ports.topOf(instrument, now);
    if (top === undefined || isSameTop(top, this.#tops.get(instrument))) return;
    this.#tops.set(instrument, top);
    this.#offer({ kind: 'book', category: instrument.category, symbol: instrument.symbol, top }, now);
  }

  #offerTops(now: MonoMs): void {
    if (this.#hosts.length === 0) return;
    this.#topsMayHaveTurned = false;
    for (const instrument of this.#options.instruments) this.#offerTop(instrument, now);
  }

  #publish(signals: readonly Signal[], strategy: string, nowMs: UnixMs): void {
    for (const signal of signals) {
      this.#signalCount += 1;
      const published: PublishedSignal = {
        ...signal,
        timestamp: signal.timestamp ?? nowMs,
        strategy,
        number: this.#signalCount,
        published_at: nowMs,
      };
      this.#signals.push(published);
      this.#ports.onSignal(published);
    }
  }
}

/** A thread that starts, or starts again, is told whom there is then. */
function taskOf(file: string, options: EngineOptions): WorkerTask {
  return {
    file,
    get instruments() {
      return options.instruments;
    },
  };
}

function isSameTop(a: BookTop, b: BookTop | undefined): boolean {
  return (
    b !== undefined &&
    a.valid === b.valid &&
    a.bid === b.bid &&
    a.bid_qty === b.bid_qty &&
    a.ask === b.ask &&
    a.ask_qty === b.ask_qty
  );
}
