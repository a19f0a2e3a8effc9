/** What the API asks for, answered from the app's state. Only translation: no decision is made here. */
import type { GapEvent } from '../shared/events/process-events.ts';
import type { Instrument, Topic } from '../shared/market.ts';
import { type MonoMs, type UnixMs, unixMs } from '../shared/time.ts';
import type { ApiPorts } from './api/ports.ts';
import { pageOfTape } from './api/trade-range.ts';
import type {
  Candle,
  ConnectorView,
  GapView,
  LoopDelay,
  MetricsView,
  TopicView,
  TradeStats,
} from './api/views.ts';
import type { App } from './app.ts';
import type { HealthWatch } from './observe/health-watch.ts';
import type { StrategiesReport } from './observe/strategies-report.ts';
import type { SupervisorReport } from './supervisor/report.ts';

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
  readonly loopDelay: () => LoopDelay;
  readonly rssBytes: () => number;
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
    liveTape: (instrument) => app.child.tape(instrument),
    tradeStats: (instrument) => tradeStats(sources, instrument),
    tradeRange: (instrument, query) =>
      pageOfTape(app.context.instrument(instrument)?.tape.newestFirst() ?? [], query),
    book: (instrument) => {
      const book = app.context.bookOf(instrument, MOST_LEVELS, mono());
      if (book === undefined)
        return {
          valid: false,
          reason: 'no depth of this symbol is subscribed',
          time: null,
          lastUpdateId: null,
          bids: [],
          asks: [],
        };
      const { valid, reason, time, last_update_id, bids, asks } = book;
      return {
        valid,
        reason,
        time: time === null ? null : unixMs(time),
        lastUpdateId: last_update_id,
        bids,
        asks,
      };
    },
    candles: (instrument, timeframe, count) =>
      (app.context.instrument(instrument)?.candles[timeframe].list(count) ?? []).map(candleView),
    health: () => health.report(),
    readiness: () => health.readiness(),
    connectors: () => [connectorView(sources)],
    topics: () => topicViews(sources),
    lifeEvents: () => newestFirst(app),
    gaps: () => app.gaps.all().toReversed().map(gapView),
    metrics: () => metricsView(sources),
    strategies: () => sources.strategies.view(),
    signals: () => sources.strategies.signals(),
    subscribe: (listener) => app.subscribe(listener),
  };
}

function tradeStats({ app, monoNow }: ApiSources, instrument: Instrument): TradeStats {
  const tape = app.context.instrument(instrument)?.tape;
  const stats = tape?.stats();
  const topic = app.context
    .topics(monoNow())
    .find(
      ({ topic: { channel, category, symbol } }) =>
        channel === 'trades' && category === instrument.category && symbol === instrument.symbol,
    );
  const oldest = stats?.oldest ?? null;
  const newest = stats?.newest ?? null;
  return {
    count: tape?.length ?? 0,
    oldest: oldest === null ? null : unixMs(oldest),
    newest: newest === null ? null : unixMs(newest),
    capacity: app.config.bufferSize,
    connected: topic?.state === 'subscribed' && isConnected(app, instrument),
  };
}

function isConnected(app: App, { category }: Pick<Instrument, 'category'>): boolean {
  return app.context
    .connections()
    .some((connection) => connection.category === category && connection.state === 'connected');
}

function topicViews({ app, monoNow }: ApiSources): readonly TopicView[] {
  return app.context.topics(monoNow()).map((view) => {
    const { channel, category, symbol } = view.topic;
    const lastAt = lastEventAt(app, view.topic, monoNow());
    return {
      topic: view.key,
      channel,
      category,
      symbol,
      state: view.state,
      connected: view.state === 'subscribed' && isConnected(app, view.topic),
      stale: view.stale,
      lastAt,
      ageMs: view.age_ms,
      messages: view.messages,
      reason: view.refusal ?? view.stale_reason,
    };
  });
}

/** Exchange time of the newest event of a topic; null before the first. */
function lastEventAt(app: App, topic: Topic, now: MonoMs): UnixMs | null {
  if (topic.channel === 'depth') {
    const time = app.context.bookOf(topic, 0, now, topic.depth)?.time;
    return time === null || time === undefined ? null : unixMs(time);
  }
  const newest = topic.channel === 'trades' ? app.context.instrument(topic)?.tape.newest() : undefined;
  return newest === undefined ? null : unixMs(newest.timestamp);
}

function connectorView({ app, supervisor, health }: ApiSources): ConnectorView {
  const report = supervisor();
  const beat = app.child.lastHeartbeat;
  const counts = app.intake.counts();
  return {
    name: app.child.connector ?? 'connector',
    connected: health.report().websocketConnected,
    lastAt: app.lastLineAt,
    queueSize: 0, // lines are handled as they are read: none waits in the runner
    reconnectionAttempts: app.child.losses,
    processAlive: report.process_alive,
    pid: report.pid,
    childQueueSize: beat?.queue_lines ?? 0,
    errorCount: app.child.errors,
    state: report.state,
    uptimeSeconds: Math.round(report.uptime_seconds * 10) / 10,
    restarts: report.restarts,
    deaths: report.deaths,
    nextTryInMs: report.next_try_in_ms,
    lastExit:
      report.last_exit === null
        ? null
        : {
            at: report.last_exit.at,
            code: report.last_exit.cause,
            cause: report.last_exit.message,
            exitCode: report.last_exit.code,
            signal: report.last_exit.signal,
          },
    rssBytes: beat?.rss_bytes ?? null,
    cpuPercent: beat?.cpu_percent ?? null,
    clockOffsetMs: app.child.clockOffsetMs,
    lines: report.lines,
    badLines: counts.bad_lines + report.too_long + report.half_lines,
  };
}

function metricsView({ app, monoNow, supervisor, loopDelay, rssBytes, health }: ApiSources): MetricsView {
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
    counts: {
      ...intake,
      gaps_opened: opened,
      gaps_absorbed: absorbed,
      gaps_forgotten: forgotten,
      unwanted_events: app.context.unwanted,
      connector_errors: app.child.errors,
      connector_restarts: report.restarts,
      connector_stalls: report.stalled,
      lines_too_long: report.too_long,
      lines_half: report.half_lines,
      commands_refused: report.commands_refused,
    },
  };
}

function candleView(
  candle: ReturnType<NonNullable<ReturnType<App['context']['instrument']>>['candles']['1m']['list']>[number],
): Candle {
  const { start, open, high, low, close, volume, count, complete, revision } = candle;
  return { start: unixMs(start), open, high, low, close, volume, tradeCount: count, complete, revision };
}

function gapView(gap: GapEvent): GapView {
  const { gap_id, state, channel, category, symbol, cause, from, to, at, missing } = gap;
  return {
    gapId: gap_id,
    state,
    channel,
    category,
    symbol,
    cause,
    from,
    to,
    openedAt: unixMs(at),
    missing: missing ?? null,
  };
}

function* newestFirst(app: App) {
  for (let back = 0; back < app.life.length; back += 1) {
    const event = app.life.newest(back);
    if (event !== undefined) yield event;
  }
}
