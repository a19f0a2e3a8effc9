/**
 * A runner without processes: a real app that hears lines, a real judge of its health, and the real ports of its API.
 *
 * Made up are only the clock, what the supervisor reports, the delay of the event loop and the memory.
 */
import { pino } from 'pino';
import { type ApiSources, apiPorts } from '../../runner/api-ports.ts';
import { App } from '../../runner/app.ts';
import { type BackfillView, nothingYet } from '../../runner/backfill/ports.ts';
import { HealthWatch } from '../../runner/observe/health-watch.ts';
import type { StrategiesReport } from '../../runner/observe/strategies-report.ts';
import type { RangeWish } from '../../runner/stored/range.ts';
import { readRange } from '../../runner/stored/read-range.ts';
import type { SupervisorReport } from '../../runner/supervisor/report.ts';
import type { Command } from '../../shared/commands.ts';
import type { PoliteLane } from '../../shared/events/history-events.ts';
import type { Instrument, Topic } from '../../shared/market.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { unixMs } from '../../shared/time.ts';
import { deathOf } from './deaths.ts';
import { DeskWorld } from './desk-world.ts';
import { VirtualClock } from './virtual-clock.ts';

const lane: PoliteLane = {
  ...{
    sent: 9,
    failed: 1,
    refusals: 2,
    waiting: 0,
    under_way: 1,
    concurrency: 4,
    delay_ms: 75,
    throttle_factor: 1.5,
  },
  breakers: [{ endpoint: 'kline', state: 'open', until: 1_785_600_000_000 }],
  ...{ banned_until: null, banned_because: null, shut_endpoints: [], outage_until: null },
};

/** As where nobody fetches history. */
export const skippedBackfill: BackfillView = {
  status: 'skipped',
  reason: 'history is switched off',
  current: 0,
  total: 0,
  estimatedSecondsRemaining: null,
  now: [],
  counts: nothingYet,
  polite: null,
};

/** While a history child is asked. */
const busyBackfill: BackfillView = {
  ...skippedBackfill,
  ...{ status: 'in_progress', reason: null, current: 1, total: 2 },
  polite: {
    ...{ access: 'public', key: 'none', rest: lane },
    archive: { ...lane, banned_until: 1_785_600_630_500, banned_because: 'HTTP 403', files: 1, bytes: 5_000 },
  },
};

export const bitcoin = { category: 'linear', symbol: 'BTCUSDT' } as const satisfies Instrument;
export const tradesTopic = { channel: 'trades', ...bitcoin } as const satisfies Topic;
export const depthTopic = { channel: 'depth', ...bitcoin, depth: 50 } as const satisfies Topic;

const nothing = { gate: { open: true, reasons: [] }, strategies: [] };
export const noStrategies: StrategiesReport = {
  view: () => nothing,
  signals: () => [],
  analyze: async () => ({ ...nothing, signals: [], answered: [] }),
};

const recorded = {
  ...{ trades: 70, bytes: 9_000, instruments: 1, waiting: 2, doubles: 3, torn: 1, removed: 4 },
  dropped: { disk_low: 0, limit: 0, failed: 5, slow_disk: 6, absurd_time: 0 },
  ...{ keptBytes: 12_000, paused: null },
};

export type RunnerWorldOptions = {
  readonly topics?: readonly Topic[];
  readonly bufferSize?: number;
} & Partial<Pick<ApiSources, 'expected' | 'profile' | 'strategies'>>;

export class RunnerWorld {
  readonly clock = new VirtualClock();
  readonly sent: Command[] = [];
  /** Why other children were asked for. */
  readonly replaced: string[] = [];
  readonly app: App;
  readonly health: HealthWatch;
  readonly sources: ApiSources;
  report: SupervisorReport;
  storeFailures = 0;
  readonly symbols = new DeskWorld();
  /** How often the supervisor was asked. */
  asked = 0;
  #generation = 0;
  #n = 0;

  constructor({ topics = [tradesTopic, depthTopic], bufferSize = 100, ...more }: RunnerWorldOptions = {}) {
    this.report = { ...runningChild, since: this.clock.unixMs() };
    this.app = new App(
      {
        instruments: [bitcoin],
        topics,
        category: 'linear',
        bufferSize,
        policy: scaledPolicy(1),
        nonce: 'x',
      },
      {
        clock: this.clock,
        log: pino({ enabled: false }),
        heard: () => undefined,
        announcedReady: () => undefined,
        refuse: () => undefined,
        replaceChild: (_generation, message) => void this.replaced.push(message),
        send: (command) => this.sent.push(command) > 0,
      },
    );
    const shared = {
      app: this.app,
      nowMs: this.clock.unixMs,
      monoNow: this.clock.monoMs,
      supervisor: () => {
        this.asked += 1;
        return this.report;
      },
    };
    this.health = new HealthWatch({ ...shared, loopDelayMs: () => 2, disabledStrategies: () => [] });
    this.sources = {
      ...shared,
      health: this.health,
      profile: 'mainnet',
      expected: { environment: 'mainnet', clock: 'live' },
      strategies: noStrategies,
      backfill: () => busyBackfill,
      stored: { range: (instrument, wish) => this.#memory(instrument, wish) },
      verifications: () => Promise.resolve([]),
      loopDelay: () => ({ p50Ms: 1, p99Ms: 2, maxMs: 3 }),
      rssBytes: () => 90_000_000,
      dumps: () => ({ written: 3, suppressed: 4 }),
      diskFreeBytes: () => 5e9,
      recording: () => recorded,
      storeFailures: () => this.storeFailures,
      symbols: this.symbols.desk,
      category: 'linear',
      ...more,
    };
  }

  /** Nothing is stored. */
  #memory(instrument: Instrument, wish: RangeWish) {
    const tape = this.app.context.instrument(instrument)?.tape;
    const [now, gaps] = [this.clock.unixMs(), this.app.gaps.all()];
    return readRange(instrument, wish, { tape, gaps, now, ask: () => Promise.resolve(undefined) });
  }

  get ports() {
    return apiPorts(this.sources);
  }

  /** The next child comes to life. */
  start(): this {
    this.#n = 0;
    this.#generation += 1;
    this.app.childStarted(this.#generation);
    return this;
  }

  /** The child is there and its public socket is open. */
  connect(): this {
    return this.start().say(
      { type: 'status', status: 'ready', connector: 'bybit', environment: 'mainnet', clock: 'live' },
      { type: 'status', status: 'connected', scope: 'public', category: 'linear' },
    );
  }

  /** Lines of the present child, numbered. */
  say(...lines: readonly object[]): this {
    for (const line of lines) {
      this.#n += 1;
      this.app.onLine(JSON.stringify({ ...line, n: this.#n }), this.#generation);
    }
    return this;
  }

  /** A line as it is, without a number. */
  sayText(line: string): this {
    this.app.onLine(line, this.#generation);
    return this;
  }

  die(): this {
    const at = this.clock.unixMs();
    this.app.childEnded(this.#generation, { ...deathOf('exit_1'), generation: this.#generation, at });
    return this;
  }

  /** A trade line; `at` is milliseconds from now. */
  trade(id: string, at = 0, more: object = {}): object {
    const timestamp = this.clock.unixMs() + at;
    const values = { timestamp, price: 100, qty: 1, side: 'buy', is_buyer_maker: false, id };
    return { type: 'trade', ...bitcoin, ...values, ...more };
  }

  /** A book line with one level a side. */
  depth(action: 'snapshot' | 'delta', updateId: number, bid = 99, ask = 101): object {
    const timestamp = this.clock.unixMs();
    const levels = { bids: [[bid, 1.5]], asks: [[ask, 2.5]] };
    return { type: 'depth', ...bitcoin, timestamp, action, depth: 50, ...levels, last_update_id: updateId };
  }

  acknowledge(...topics: readonly Topic[]): this {
    return this.say(...topics.map((topic) => ({ type: 'status', status: 'subscribed', ...topic })));
  }
}

/** What the supervisor reports of a first child that is well. */
export const runningChild: SupervisorReport = {
  state: 'ready',
  generation: 1,
  pid: 4711,
  process_alive: true,
  ready: true,
  probation: false,
  since: unixMs(0),
  uptime_seconds: 12.345,
  restarts: 0,
  stalled: 0,
  next_try_in_ms: null,
  last_exit: null,
  deaths: {},
  commands_refused: 0,
  lines: 0,
  too_long: 0,
  half_lines: 0,
  stderr_bytes: 0,
};
