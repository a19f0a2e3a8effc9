/** Ports with made-up contents that tests may change, in place of the runner. */

import type { ApiPorts, LiveListener } from '../../../runner/api/ports.ts';
import type {
  AnalysisView,
  ConnectorView,
  LifeEvent,
  Mode,
  SignalView,
  StrategiesView,
  TopicStatus,
} from '../../../runner/api/views.ts';
import { contextPorts } from '../../../runner/api-context.ts';
import type { AuditView } from '../../../runner/audit/audit-report.ts';
import type { BackfillView } from '../../../runner/backfill/ports.ts';
import type { BookView } from '../../../runner/context/book-view.ts';
import { type Candle, flatCandle, issued } from '../../../runner/context/candle.ts';
import { Context } from '../../../runner/context/context.ts';
import type { HealthReport, Readiness } from '../../../runner/context/health.ts';
import type { KlineView } from '../../../runner/context/other-channels.ts';
import { Tape } from '../../../runner/context/tape.ts';
import type { TickerView } from '../../../runner/context/ticker-view.ts';
import type { CoverageFacts } from '../../../runner/ledger/changes.ts';
import { coverageOf } from '../../../runner/ledger/coverage.ts';
import { pageOf } from '../../../runner/ledger/gap-list.ts';
import { symbolPorts } from '../../../runner/symbols/api-symbols.ts';
import type { VerificationEvent } from '../../../shared/events/history-events.ts';
import type { InstrumentEvent, LiquidationEvent, TradeEvent } from '../../../shared/events/market-events.ts';
import type { GapEvent } from '../../../shared/events/process-events.ts';
import {
  type Instrument,
  type Interval,
  instrumentKey,
  type Topic,
  topicKey,
} from '../../../shared/market.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { monoMs, unixMs } from '../../../shared/time.ts';
import { DeskWorld } from '../../helpers/desk-world.ts';
import { runningChild, skippedBackfill } from '../../helpers/runner-world.ts';

export const START = Date.parse('2024-06-03T12:00:00.000Z');
export const btc: Instrument = { category: 'linear', symbol: 'BTCUSDT' };
export const eth: Instrument = { category: 'spot', symbol: 'ETHUSDT' };

/** Everything the ports answer from; tests change it as they like. */
export type FakeWorld = {
  symbols: DeskWorld;
  now: number;
  mode: Mode;
  instruments: readonly Instrument[];
  /** Newest first. */
  trades: Map<string, TradeEvent[]>;
  liveTrades: Map<string, TradeEvent[]>;
  books: Map<string, BookView>;
  candles: Candle[];
  tickers: Map<string, TickerView>;
  klines: Map<Interval, KlineView>;
  /** Newest first. */
  liquidations: Map<string, LiquidationEvent[]>;
  audit: AuditView;
  health: HealthReport;
  readiness: Readiness;
  connectors: [ConnectorView, ...ConnectorView[]];
  topics: TopicStatus[];
  life: LifeEvent[];
  gaps: GapEvent[];
  isLedgerRead: boolean;
  coverage: CoverageFacts;
  flight: ReturnType<ApiPorts['flight']>;
  strategies: StrategiesView;
  signals: SignalView[];
  /** Trades and liquidations of bitcoin are wanted. */
  context: Context;
  /** What the exchange says of instruments. */
  facts: Map<string, InstrumentEvent>;
  backfill: BackfillView;
  verifications: readonly VerificationEvent[];
  analysis: AnalysisView;
  counts: Record<string, number>;
  listeners: Set<LiveListener>;
  /** How often any port was read: nothing may be read while nobody listens. */
  reads: number;
};

export function fakeWorld(): FakeWorld {
  const facts: FakeWorld['facts'] = new Map();
  const trades = Array.from({ length: 250 }, (_, index) => fakeTrade(250 - index));
  return {
    now: START + 250_000,
    mode: { environment: 'simulated', clock: 'live', connector: 'bybit', profile: 'simulated' },
    instruments: [btc, eth],
    trades: new Map([
      [instrumentKey(btc), trades],
      [instrumentKey(eth), []],
    ]),
    liveTrades: new Map([[instrumentKey(btc), trades.slice(0, 40)]]),
    books: new Map([[instrumentKey(btc), fakeBook()]]),
    candles: Array.from({ length: 70 }, (_, index) => fakeCandle(index)),
    tickers: new Map(),
    klines: new Map(),
    liquidations: new Map(),
    audit: {
      off: null,
      counts: { equal: 0, different: 0, unjoined: 0, failed: 0 },
      last: null,
      lastFailure: null,
      samples: [],
    },
    health: {
      status: 'Healthy',
      websocketConnected: true,
      checks: [{ name: 'child', ok: true, since: unixMs(START), reason: null }],
    },
    readiness: { ready: true, missing: [], refused: [] },
    connectors: [fakeConnector()],
    topics: [fakeTopic('trades'), fakeTopic('depth')],
    life: [
      { at: unixMs(START + 1_000), kind: 'ready', text: 'bybit, simulated' },
      { at: unixMs(START), kind: 'started', text: 'pid 4711' },
    ],
    gaps: [],
    isLedgerRead: true,
    coverage: { spans: [], gaps: [] },
    strategies: {
      gate: { open: true, reasons: [] },
      strategies: [
        {
          name: 'example',
          file: '/srv/example.ts',
          state: 'running',
          events: 250,
          signals: 1,
          restarts: 0,
          errors: 2,
          last_error: 'Error: no (/srv/example.ts:3:9)',
          last_error_at: unixMs(START + 2_000),
          withheld_signals: 0,
          gate: { open: true, reasons: [] },
          surplus_signals: 0,
          waiting: 30,
          dropped: 12_000,
          lag_ms: 339.6,
        },
      ],
    },
    flight: undefined,
    signals: [fakeSignal(0)],
    context: new Context(
      {
        wanted: [
          { channel: 'trades', ...btc },
          { channel: 'liquidation', ...btc },
        ],
        freshness: scaledPolicy().freshness,
        tapeCapacity: 100,
      },
      {
        onBookBroken: () => undefined,
        onCandle: () => undefined,
        factsOf: (of) => facts.get(instrumentKey(of)),
      },
    ),
    facts,
    backfill: skippedBackfill,
    verifications: [],
    analysis: { gate: { open: true, reasons: [] }, strategies: [], signals: [], answered: [] },
    counts: { duplicate_trade: 3, unknown_type: 0 },
    listeners: new Set(),
    reads: 0,
    symbols: new DeskWorld({ symbols: 'BTCUSDT,spot:ETHUSDT,linear:USDC' }),
  };
}

export function fakePorts(world: FakeWorld): ApiPorts {
  const read = <T>(value: T): T => {
    world.reads += 1;
    return value;
  };
  const tape = (instrument: Instrument) => world.trades.get(instrumentKey(instrument)) ?? [];
  return {
    now: () => unixMs(world.now),
    mode: () => read(world.mode),
    instruments: () => world.instruments,
    trades: (instrument) => read(tape(instrument)),
    lastPrice: (instrument) => tape(instrument)[0],
    liveTape: (instrument) => read(world.liveTrades.get(instrumentKey(instrument)) ?? []),
    tradeStats: (instrument) => {
      const rows = tape(instrument);
      const at = (trade: TradeEvent | undefined) => (trade === undefined ? null : unixMs(trade.timestamp));
      return {
        count: rows.length,
        oldest: at(rows.at(-1)),
        newest: at(rows[0]),
        capacity: 1000,
        connected: true,
      };
    },
    tradeRange: (instrument, range) => {
      const memory = new Tape(1_000);
      for (const trade of tape(instrument).toReversed()) memory.push(trade);
      return Promise.resolve(memory.range(range));
    },
    book: (instrument) => read(world.books.get(instrumentKey(instrument))),
    candles: (_instrument, _timeframe, count) => read(world.candles.slice(-count)),
    ticker: (instrument) => read(world.tickers.get(instrumentKey(instrument))),
    klines: (_instrument, interval) => read(world.klines.get(interval)),
    liquidations: (instrument) => read(world.liquidations.get(instrumentKey(instrument))),
    audit: () => read(world.audit),
    health: () => read(world.health),
    readiness: () => read(world.readiness),
    connectors: () => read(world.connectors),
    topics: () => read(world.topics),
    symbols: symbolPorts(world.symbols.desk, 'linear', () => world.topics),
    lifeEvents: () => read(world.life),
    gapPage: async (filter, limit, after) =>
      pageOf(
        world.gaps.map((gap) => ({ run: 'n', gap, changedAt: unixMs(gap.at) })),
        { ...filter, limit, after },
        !world.isLedgerRead,
      ),
    verifications: async (instruments, limit) =>
      world.verifications
        .filter((one) => instruments.some(({ symbol }) => symbol === one.symbol))
        .slice(0, limit),
    coverage: async (start, end) => coverageOf(world.coverage, start, end, world.now),
    gaps: () => read(world.gaps),
    metrics: () => ({
      trades: { total: 250, perMinuteCount: 60, perSecondRate: 1, queueSize: 0 },
      depth: { total: 900, perMinuteCount: 600, perSecondRate: 10, queueSize: 2 },
      loopDelay: { p50Ms: 1, p99Ms: 4, maxMs: 9 },
      rssBytes: 90_000_000,
      uptimeSeconds: 250,
      ledger: { waiting: 0, dropped: 0 },
      dumps: { written: 1, suppressed: 2 },
      diskFreeBytes: 5e9,
      counts: world.counts,
    }),
    flight: () => world.flight,
    strategies: () => read(world.strategies),
    signals: () => read(world.signals),
    analyze: async () => read(world.analysis),
    context: contextPorts({
      app: world,
      nowMs: () => unixMs(world.now),
      monoNow: () => monoMs(world.now - START),
      backfill: () => world.backfill,
    }),
    subscribe: (listener) => {
      world.listeners.add(listener);
      return () => world.listeners.delete(listener);
    },
  };
}

/** The nth trade, one a second: even numbers are bought, odd ones sold. */
export function fakeTrade(number: number): TradeEvent {
  return {
    type: 'trade',
    category: 'linear',
    symbol: 'BTCUSDT',
    timestamp: START + number * 1000,
    price: (500_000 + number) / 10,
    qty: number / 1000,
    side: number % 2 === 0 ? 'buy' : 'sell',
    is_buyer_maker: number % 2 === 1,
    id: `t${number}`,
    seq: 1000 + number,
  };
}

export function fakeBook(): BookView {
  return {
    key: 'depth.50:linear:BTCUSDT',
    ...btc,
    depth: 50,
    valid: true,
    reason: null,
    time: START + 250_000,
    last_update_id: 42,
    bids: Array.from({ length: 60 }, (_, index) => [(500_249 - index) / 10, 1 + index / 4] as const),
    asks: Array.from({ length: 60 }, (_, index) => [(500_250 + index) / 10, 2 + index / 8] as const),
  };
}

export function fakeTicker(instrument = btc, over: Partial<TickerView> = {}): TickerView {
  return {
    ...instrument,
    valid: true,
    reason: null,
    ticker: {
      type: 'ticker',
      ...instrument,
      timestamp: START + 250_000,
      last_price: 50_025,
      mark_price: 50_024.5,
      funding_rate: -0.0001,
      next_funding_at: START + 4 * 3_600_000,
    },
    ...over,
  };
}

export function fakeLiquidation(number: number): LiquidationEvent {
  const position = number % 2 === 0 ? 'long' : 'short';
  return {
    type: 'liquidation',
    ...btc,
    timestamp: START + number * 1000,
    price: 49_000,
    qty: number,
    position,
  };
}

export function fakeGap(number: number, state: GapEvent['state'] = 'open', instrument = btc): GapEvent {
  return {
    type: 'gap',
    gap_id: `g${number}`,
    state,
    channel: 'trades',
    ...instrument,
    cause: 'child_died',
    from: { id: `t${number}`, timestamp: START + number * 1000 },
    to: state === 'open' ? null : { id: `t${number + 9}`, timestamp: START + number * 1000 + 9000 },
    at: START + number * 1000,
  };
}

export function fakeSignal(number: number): SignalView {
  return {
    strategy: 'example',
    at: unixMs(START + number * 1000),
    ...btc,
    setupType: number % 2 === 0 ? 'bullish_sweep' : 'bearish_sweep',
    reason: 'price fell while buyers took more',
    fields: { entry_price: 50_020.1, confluence_score: 85 },
  };
}

export function fakeConnector(): ConnectorView {
  return {
    name: 'bybit',
    connected: true,
    lastAt: unixMs(START + 250_000),
    queueSize: 5,
    reconnectionAttempts: 2,
    sockets: [
      {
        category: 'linear',
        socket: 0,
        state: 'connected',
        reason: null,
        reconnects: 2,
        topics: 2,
        firstTrades: 60,
        onlyTrades: 3,
      },
      {
        category: 'spot',
        state: 'disconnected',
        reason: 'reset',
        reconnects: null,
        topics: null,
        firstTrades: null,
        onlyTrades: null,
      },
    ],
    errorCount: 0,
    badLines: 1,
    badLineSamples: [{ at: unixMs(START), reason: 'not JSON', line: 'hello' }],
    process: {
      ...runningChild,
      uptime_seconds: 3_725,
      restarts: 1,
      deaths: { signal_sigkill: 1 },
      last_exit: {
        at: unixMs(START - 60_000),
        cause: 'signal_sigkill',
        message: 'killed by SIGKILL',
        code: null,
        signal: 'SIGKILL',
      },
      lines: 1234,
    },
    escalation: { counts: { topic: 4, socket: 2, child: 1 }, last: undefined },
    silenceChecks: { asked: 9, confirmed: 2, withheld: 7 },
    tradeAudit: { lists: 11, leftOut: 4 },
    childQueueSize: 3,
    rssBytes: 70_000_000,
    cpuPercent: 3.5,
    clockOffsetMs: -12.5,
  };
}

export function fakeTopic(
  channel: 'trades' | 'depth' | 'ticker',
  over: Partial<TopicStatus> = {},
): TopicStatus {
  const topic: Topic = { channel, ...btc, ...(channel === 'depth' ? { depth: 50 } : {}) };
  return {
    topic,
    key: topicKey(topic),
    phase: 'flowing',
    state: 'subscribed',
    connected: true,
    stale: false,
    stale_reason: null,
    lastAt: unixMs(START + 250_000),
    age_ms: 125,
    messages: 250,
    snapshot_seen: true,
    ...over,
  };
}

function fakeCandle(index: number): Candle {
  const span = { ...btc, timeframe: '1m' } as const;
  return {
    ...issued(span, flatCandle(START - (69 - index) * 60_000, 50_000)),
    high: 50_010,
    low: 49_990,
    close: 50_005,
    volume: 12.5,
    count: 60,
    complete: index > 0 && index < 69,
  };
}
