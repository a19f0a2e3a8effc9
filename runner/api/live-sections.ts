/**
 * What /stream says: all sections at once (`snapshot`), or only those that changed. Pure: read from the ports when asked.
 *
 * Sections are states, not histories: a reader who missed some is whole again with the next one.
 */
import type { Instrument } from '../../shared/market.ts';
import type { TickerPayload } from './channel-payloads.ts';
import { liveTopics, type TopicSearch } from './live-topics.ts';
import type { ApiPorts, LiveSection } from './ports.ts';
import { presentAuditState } from './present-audit.ts';
import { presentLiquidation, presentTicker } from './present-channels.ts';
import {
  presentConnector,
  presentHealth,
  presentMode,
  presentReadiness,
  presentStrategies,
} from './present-health.ts';
import {
  isoOrNull,
  isoTime,
  presentBook,
  presentCandle,
  presentGap,
  presentSignal,
  presentTrade,
  takePresented,
} from './present-market.ts';

const TRADES = 30;
const LEVELS = 10;
const GAPS = 20;
const SIGNALS = 10;
const LIFE_EVENTS = 10;
const LIQUIDATIONS = 10;
/** Of a snapshot; an update carries the last ones only. */
const CANDLES = 60;
const CHANGED_CANDLES = 2;
/** What /ready waits for, refused topics, and reasons of a gate: so many of each are shown. */
const NAMED = 10;

export type LiveMessage = Readonly<Record<string, unknown>>;

/** What a reader looks at. */
export type LiveView = { readonly instrument: Instrument; readonly topics: TopicSearch };

/** Sections of one instrument, and those that all readers share. */
export const instrumentSections: readonly LiveSection[] = [
  'trades',
  'book',
  'candles',
  'ticker',
  'liquidations',
];
export const sharedSections: readonly LiveSection[] = ['health', 'gaps', 'signals', 'life'];

export function snapshot(ports: ApiPorts, view: LiveView): LiveMessage {
  const { category, symbol } = view.instrument;
  return {
    time: isoTime(ports.now()),
    instrument: { category, symbol },
    ...readAll(ports, view, [...instrumentSections, ...sharedSections], CANDLES),
  };
}

/** Only the named sections; `time` is the runner's, so that ages can be told without the reader's clock. */
export function update(ports: ApiPorts, view: LiveView, sections: Iterable<LiveSection>): LiveMessage {
  return { time: isoTime(ports.now()), ...readAll(ports, view, sections, CHANGED_CANDLES) };
}

function readAll(
  ports: ApiPorts,
  view: LiveView,
  sections: Iterable<LiveSection>,
  candles: number,
): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  for (const section of sections) Object.assign(message, readSection(ports, view, section, candles));
  return message;
}

function readSection(
  ports: ApiPorts,
  { instrument, topics }: LiveView,
  section: LiveSection,
  candles: number,
): LiveMessage {
  switch (section) {
    case 'trades': {
      const trades = takePresented(ports.trades(instrument), TRADES, presentTrade);
      const last = ports.lastPrice(instrument);
      return { trades, price: last?.price ?? null, price_time: isoOrNull(last?.timestamp ?? null) };
    }
    case 'book':
      return { book: presentBook(instrument, ports.book(instrument), LEVELS, true) };
    case 'candles':
      return {
        candles: {
          '1m': ports.candles(instrument, '1m', candles).map(presentCandle),
          '5m': ports.candles(instrument, '5m', candles).map(presentCandle),
        },
      };
    case 'ticker':
      return { ticker: readTicker(ports, instrument) };
    case 'liquidations': {
      const liquidations = ports.liquidations(instrument);
      const rows = liquidations && takePresented(liquidations, LIQUIDATIONS, presentLiquidation);
      return { liquidations: rows ?? null };
    }
    case 'gaps':
      return { gaps: takePresented(ports.gaps(), GAPS, presentGap, ({ state }) => state === 'open') };
    case 'signals':
      return { signals: takePresented(ports.signals(), SIGNALS, presentSignal) };
    case 'life':
      return {
        life: takePresented(ports.lifeEvents(), LIFE_EVENTS, ({ at, kind, text }) => ({
          time: isoTime(at),
          kind,
          text,
        })),
      };
    case 'health':
      return readHealth(ports, instrument, topics);
  }
}

/** Everything that changes by time alone is here, so it is read each second: nothing of it may grow with the number of symbols. */
function readHealth(ports: ApiPorts, instrument: Instrument, topics: TopicSearch): LiveMessage {
  const { ready, missing, refused } = presentReadiness(ports.readiness());
  const { gate, strategies } = presentStrategies(ports.strategies());
  return {
    mode: presentMode(ports.mode()),
    health: presentHealth(ports.health()),
    readiness: { ready, missing: firstOf(missing), refused: refused.slice(0, NAMED) },
    connectors: ports.connectors().map(presentConnector),
    // Sent again only when symbols came or went.
    instruments: ports.instruments().map(({ category, symbol }) => ({ category, symbol })),
    topics: liveTopics(ports.topics(), instrument, topics),
    strategies: {
      gate: { ...gate, reasons: gate.reasons.slice(0, NAMED) },
      strategies: strategies.map((one) => ({
        ...one,
        gate: { ...one.gate, reasons: one.gate.reasons.slice(0, NAMED) },
      })),
    },
    audit: presentAuditState(ports.audit()),
    // A ticker can turn bad without an event of its own.
    ticker: readTicker(ports, instrument),
  };
}

function firstOf(names: readonly string[]): readonly string[] {
  const rest = names.length - NAMED;
  return rest <= 0 ? names : [...names.slice(0, NAMED), `${rest} more`];
}

/** With its last values also while it is not valid; null when it is not subscribed. */
function readTicker(ports: ApiPorts, instrument: Instrument): TickerPayload | null {
  const view = ports.ticker(instrument);
  return view === undefined ? null : presentTicker(instrument, view, true);
}
