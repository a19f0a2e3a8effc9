/** A source and a store of history in memory, which do as they are told; for tests of the executor. */

import type { MissingDay } from '../../../../connector/history/plan/archive-days.ts';
import { shared } from '../../../../connector/history/plan/spans.ts';
import type { DayPorts } from '../../../../connector/history/run/fulfil-day.ts';
import type {
  ArchiveFile,
  Candle,
  DayStore,
  HistorySource,
  LinesFile,
  PortFailure,
  PortResult,
  StoredDay,
} from '../../../../connector/history/run/ports.ts';
import { type Span, spanOfDay, union } from '../../../../connector/history/store/spans.ts';
import { historyPolicy } from '../../../../shared/history-policy.ts';
import { unixMs } from '../../../../shared/time.ts';

export const noon = Date.UTC(2026, 7, 8, 12);

type World = {
  now: number;
  /** By date; an entry that is a list fails so many times. */
  readonly archives: Map<string, PortFailure[]>;
  readonly imports: Map<string, PortFailure[]>;
  readonly recordings: Map<string, LinesFile>;
  readonly days: Map<string, { trades: readonly Span[]; isArchive: boolean; candles: readonly Span[] }>;
  readonly missing: MissingDay[];
  recent: PortResult<LinesFile | undefined>;
  klines: PortFailure | undefined;
  /** Why nothing can be taken back. */
  retraction: PortFailure | undefined;
  hasArchive: boolean;
  /** What was asked for, in order. */
  readonly asked: string[];
  /** Files of the archive that wait; and the most at a time. */
  readonly fetching: { now: number; most: number };
  /** Hears of each download; may hold it up. */
  onFetch: (date: string) => Promise<void>;
};

export type FakeWorld = World & { readonly ports: DayPorts; readonly stop: AbortController };

export function fakeWorld(options: Partial<Pick<DayPorts, 'klines' | 'dry' | 'halted'>> = {}): FakeWorld {
  const stop = new AbortController();
  const world: World = {
    now: noon,
    archives: new Map(),
    imports: new Map(),
    recordings: new Map(),
    days: new Map(),
    missing: [],
    recent: { ok: true, value: undefined },
    klines: undefined,
    retraction: undefined,
    hasArchive: true,
    asked: [],
    fetching: { now: 0, most: 0 },
    onFetch: () => Promise.resolve(),
  };
  const ports: DayPorts = {
    klines: true,
    ...options,
    source: sourceOf(world),
    store: storeOf(world),
    policy: historyPolicy().plan,
    signal: stop.signal,
  };
  return Object.assign(world, { ports, stop });
}

const done = { ok: true, value: null } as const;

function sourceOf(world: World): HistorySource {
  return {
    environment: 'simulated',
    now: () => unixMs(world.now),
    archiveBegan: () => unixMs(0),
    hasArchive: () => world.hasArchive,
    missingDays: () => Promise.resolve([...world.missing]),
    noteMissing: ({ date }, at) => {
      world.missing.push({ date, at });
      return Promise.resolve();
    },
    archive: async ({ date }): Promise<PortResult<ArchiveFile>> => {
      world.asked.push(`archive ${date}`);
      world.fetching.now += 1;
      world.fetching.most = Math.max(world.fetching.most, world.fetching.now);
      await world.onFetch(date);
      world.fetching.now -= 1;
      const failure = world.archives.get(date)?.shift();
      if (failure !== undefined) return { ok: false, failure };
      return {
        ok: true,
        value: { file: date, url: date, bytes: 1, sha256: undefined, fetchedAt: world.now },
      };
    },
    dropArchive: ({ date }) => {
      world.asked.push(`drop ${date}`);
      return Promise.resolve();
    },
    recording: ({ date }) => Promise.resolve({ ok: true, value: world.recordings.get(date) }),
    recent: ({ date }) => {
      world.asked.push(`recent ${date}`);
      return Promise.resolve(world.recent);
    },
    candles: (_instrument, { from, to }) => {
      world.asked.push('klines');
      if (world.klines !== undefined) return Promise.resolve({ ok: false, failure: world.klines });
      const until = Math.min(to, world.now - 60_000);
      const candles: Candle[] = [];
      for (let start = from; start <= until && start < to; start += 60_000)
        candles.push({ start, open: 1, high: 2, low: 1, close: 2, volume: 1, turnover: 1.5 });
      return Promise.resolve({ ok: true, value: candles });
    },
  };
}

function storeOf(world: World): DayStore {
  const nothing: StoredDay = { trades: [], rows: undefined, bytes: undefined, isArchive: false, candles: [] };
  const day = (date: string) => world.days.get(date) ?? { trades: [], isArchive: false, candles: [] };
  return {
    look: ({ date }) =>
      Promise.resolve(world.days.has(date) ? { ...nothing, ...day(date), rows: 7 } : nothing),
    importArchive: ({ date }) => {
      world.asked.push(`import ${date}`);
      const failure = world.imports.get(date)?.shift();
      if (failure !== undefined) return Promise.resolve({ ok: false, failure });
      world.days.set(date, { ...day(date), trades: [spanOfDay(date)], isArchive: true });
      return Promise.resolve(done);
    },
    appendLines: ({ date }, { spans }, source) => {
      world.asked.push(`append ${source} ${date}`);
      const trades = union([...day(date).trades, ...shared(spans, [spanOfDay(date)])]);
      if (!day(date).isArchive) world.days.set(date, { ...day(date), trades });
      return Promise.resolve(done);
    },
    retract: ({ date }, spans) => {
      world.asked.push(`retract ${date}`);
      if (world.retraction !== undefined) return Promise.resolve({ ok: false, failure: world.retraction });
      const { trades, isArchive, candles } = day(date);
      if (!isArchive && shared(trades, spans).length > 0)
        world.days.set(date, { trades: [], isArchive, candles });
      return Promise.resolve(done);
    },
    writeCandles: ({ date }, candles) => {
      const more = candles.map(({ start }) => ({ from: start, to: start + 60_000 }));
      world.days.set(date, { ...day(date), candles: union([...day(date).candles, ...more]) });
      return Promise.resolve(done);
    },
  };
}
