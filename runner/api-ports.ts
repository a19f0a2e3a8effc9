/** What the API asks for, answered from the app's state. Only translation: no decision is made here. */
import type { StatusEvent } from '../shared/events/process-events.ts';
import type { Category, Environment, Instrument, Topic } from '../shared/market.ts';
import { type MonoMs, type UnixMs, unixMs } from '../shared/time.ts';
import type { ApiPorts } from './api/ports.ts';
import type { ConnectorView, MetricsView, SocketView, TopicStatus, TradeStats } from './api/views.ts';
import { type ContextSources, contextPorts } from './api-context.ts';
import type { App } from './app.ts';
import { websocketConnected } from './context/health.ts';
import type { LoopDelayReading } from './io/loop-delay.ts';
import type { HealthWatch } from './observe/health-watch.ts';
import type { StrategiesReport } from './observe/strategies-report.ts';
import type { SupervisorReport } from './supervisor/report.ts';
import { symbolPorts } from './symbols/api-symbols.ts';
import type { SymbolDesk } from './symbols/symbol-desk.ts';

export type ApiSources = {
  readonly app: App;
  readonly health: HealthWatch;
  readonly nowMs: () => UnixMs;
  readonly monoNow: () => MonoMs;
  readonly supervisor: () => SupervisorReport;
  readonly profile: string;
  /** What the profile promises, until the child says it. */
  readonly expected: Pick<ReturnType<ApiPorts['mode']>, 'environment' | 'clock'>;
  readonly strategies: StrategiesReport;
  readonly loopDelay: () => LoopDelayReading;
  readonly rssBytes: () => number;
  readonly symbols: SymbolDesk;
  /** CATEGORY. */
  readonly category: Category;
  /** What DATA_DIR should have recorded and did not. */
  readonly storeFailures: () => number;
  /** The flight recorder; undefined when it is switched off. */
  readonly flight?: ReturnType<ApiPorts['flight']>;
  /** What the flight recorder has written and not written; null when it is switched off. */
  readonly dumps?: () => MetricsView['dumps'];
  readonly diskFreeBytes?: () => number | null;
  /** Of the recording of trades; absent where none are recorded. */
  readonly recording?: (() => MetricsView['recording']) | undefined;
  readonly backfill: ContextSources['backfill'];
  /** Trades of a range, from memory and from what is stored. */
  readonly stored: { readonly range: ApiPorts['tradeRange'] };
  /** Nothing while it is not known whose data come. */
  readonly verifications: (
    environment: Environment | undefined,
    ...of: Parameters<ApiPorts['verifications']>
  ) => ReturnType<ApiPorts['verifications']>;
};

/** Levels that the API may be asked for. */
const MOST_LEVELS = 1_000;

export function apiPorts(sources: ApiSources): ApiPorts {
  const { app, health, nowMs } = sources;
  const mono = sources.monoNow;
  return {
    now: () => app.context.exchangeNow(nowMs()),
    mode: () => ({
      environment: app.context.environment ?? sources.expected.environment,
      clock: app.context.environment === undefined ? sources.expected.clock : app.context.clock,
      connector: app.child.connector,
      profile: sources.profile,
    }),
    instruments: () => app.instruments(),
    trades: (instrument) => app.context.instrument(instrument)?.tape.newestFirst() ?? [],
    lastPrice: (instrument) => app.context.instrument(instrument)?.lastPrice,
    liveTape: (instrument) => app.child.tape(instrument),
    tradeStats: (instrument) => tradeStats(sources, instrument),
    tradeRange: (instrument, range) => sources.stored.range(instrument, range),
    book: (instrument) => app.context.bookOf(instrument, MOST_LEVELS, mono()),
    candles: (instrument, timeframe, count) =>
      app.context.instrument(instrument)?.candles[timeframe].list(count) ?? [],
    ticker: (instrument) => app.context.others.tickerOf(instrument, mono()),
    klines: (instrument, interval, limit) => app.context.others.klinesOf(instrument, interval, limit, mono()),
    liquidations: (instrument) => app.context.others.liquidationsOf(instrument),
    audit: () => app.books.audit(),
    health: () => health.report(),
    readiness: () => health.readiness(),
    connectors: () => [connectorView(sources)],
    topics: () => topicStatuses(sources),
    lifeEvents: () => newestFirst(app),
    gapPage: (filter, limit, after) => app.ledger.page(filter, limit, after),
    coverage: (start, end) => app.ledger.coverage(start, end),
    verifications: (instruments, limit) => sources.verifications(app.context.environment, instruments, limit),
    gaps: () => app.gaps.all().toReversed(),
    metrics: () => metricsView(sources),
    flight: () => sources.flight,
    symbols: symbolPorts(sources.symbols, sources.category, () => app.context.topics(mono())),
    strategies: () => sources.strategies.view(),
    signals: () => sources.strategies.signals(),
    analyze: () => sources.strategies.analyze(app.context.exchangeNow(nowMs())),
    context: contextPorts(sources),
    subscribe: (listener) => app.subscribe(listener),
  };
}

function tradeStats({ app }: ApiSources, instrument: Instrument): TradeStats {
  const known = app.context.instrument(instrument);
  const stats = known?.tape.stats();
  return {
    count: stats?.count ?? 0,
    capacity: app.config.bufferSize,
    oldest: stats?.oldest ?? null,
    newest: stats?.newest ?? null,
    connected: known?.tradesFeed?.state === 'subscribed',
  };
}

function topicStatuses({ app, monoNow }: ApiSources): readonly TopicStatus[] {
  const now = monoNow();
  return app.context.topics(now).map((view) => ({
    ...view,
    connected: view.state === 'subscribed',
    lastAt: lastEventAt(app, view.topic, now),
  }));
}

/** Exchange time of the newest event of a topic; null before the first. */
function lastEventAt(app: App, topic: Topic, now: MonoMs): UnixMs | null {
  if (topic.channel === 'depth') {
    const time = app.context.bookOf(topic, 0, now, topic.depth)?.time;
    return time === null || time === undefined ? null : unixMs(time);
  }
  if (topic.channel === 'trades') {
    const newest = app.context.instrument(topic)?.tape.newest();
    return newest === undefined ? null : unixMs(newest.timestamp);
  }
  const newest = app.context.others.newestOf(topic);
  return newest === null ? null : unixMs(newest);
}

function socketViews(app: App): readonly SocketView[] {
  const reports = app.child.lastHeartbeat?.sockets ?? [];
  return app.context.connections().map((connection) => {
    const said = reports.find(
      ({ category, socket }) => category === connection.category && socket === connection.socket,
    );
    return {
      ...connection,
      reconnects: said?.reconnects ?? null,
      topics: said?.topics ?? null,
      firstTrades: said?.first_trades ?? null,
      onlyTrades: said?.only_trades ?? null,
    };
  });
}

function silenceChecks({
  silence_asked: asked,
  silence_confirmed: confirmed = 0,
  silence_withheld: withheld = 0,
}: StatusEvent): ConnectorView['silenceChecks'] {
  return asked === undefined ? null : { asked, confirmed, withheld };
}

function tradeAudit({
  trades_audited: lists,
  trades_left_out: leftOut = 0,
}: StatusEvent): ConnectorView['tradeAudit'] {
  return lists === undefined ? null : { lists, leftOut };
}

function connectorView({ app, supervisor }: ApiSources): ConnectorView {
  const process = supervisor();
  const { child, intake } = app;
  const beat = child.lastHeartbeat;
  return {
    name: child.connector ?? 'connector',
    connected: websocketConnected({ child: process, connections: app.context.connections() }),
    lastAt: app.lastLineAt,
    queueSize: 0, // lines are handled as they are read: none waits in the runner
    reconnectionAttempts: child.losses,
    sockets: socketViews(app),
    escalation: app.silence.escalation,
    silenceChecks: beat === undefined ? null : silenceChecks(beat),
    tradeAudit: beat === undefined ? null : tradeAudit(beat),
    errorCount: child.errors,
    badLineSamples: intake.badLines().toReversed(),
    badLines: intake.counts().bad_lines + process.too_long + process.half_lines,
    process,
    childQueueSize: beat?.queue_lines ?? 0,
    rssBytes: beat?.rss_bytes ?? null,
    cpuPercent: beat?.cpu_percent ?? null,
    clockOffsetMs: child.clockOffsetMs,
  };
}

function metricsView(sources: ApiSources): MetricsView {
  const { app, monoNow, supervisor, loopDelay, rssBytes, health, storeFailures } = sources;
  const now = monoNow();
  const rate = (meter: App['rates']['trades']) => ({
    total: meter.total,
    perMinuteCount: meter.perMinute(now),
    perSecondRate: meter.perSecond(now),
    queueSize: 0,
  });
  const { events, last_bad_at, last_jump_at, ...intake } = app.intake.counts();
  const { opened, absorbed, forgotten } = app.gaps.counts();
  const report = supervisor();
  return {
    trades: rate(app.rates.trades),
    depth: rate(app.rates.depth),
    loopDelay: loopDelay(),
    rssBytes: rssBytes(),
    uptimeSeconds: health.uptimeSeconds,
    ledger: { waiting: app.ledger.waiting, dropped: app.ledger.dropped },
    dumps: sources.dumps?.() ?? null,
    diskFreeBytes: sources.diskFreeBytes?.() ?? null,
    recording: sources.recording?.(),
    counts: {
      ...intake,
      gaps_opened: opened,
      gaps_absorbed: absorbed,
      gaps_forgotten: forgotten,
      unwanted_events: app.context.unwanted,
      klines_repeated: app.context.others.repeatedKlines,
      connector_errors: app.child.errors,
      connector_restarts: report.restarts,
      connector_stalls: report.stalled,
      lines_too_long: report.too_long,
      lines_half: report.half_lines,
      commands_refused: report.commands_refused,
      topics_reconciled: app.subscriber.reconciled,
      store_failures: storeFailures(),
    },
  };
}

function* newestFirst(app: App) {
  for (let back = 0; back < app.watchers.life.length; back += 1) {
    const event = app.watchers.life.newest(back);
    if (event !== undefined) yield event;
  }
}
