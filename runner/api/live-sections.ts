/**
 * What /stream says: all sections at once (`snapshot`), or only those that changed. Pure: read from the ports when asked.
 *
 * Sections are states, not histories: a reader who missed some is whole again with the next one.
 */
import type { Instrument } from '../../shared/market.ts';
import type { TickerPayload } from './channel-payloads.ts';
import type { ApiPorts, LiveSection } from './ports.ts';
import { presentLiquidation, presentTicker } from './present-channels.ts';
import {
  presentConnector,
  presentHealth,
  presentMode,
  presentReadiness,
  presentStrategies,
  presentTopic,
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

export type LiveMessage = Readonly<Record<string, unknown>>;

/** Sections of one instrument, and those that all readers share. */
export const instrumentSections: readonly LiveSection[] = [
  'trades',
  'book',
  'candles',
  'ticker',
  'liquidations',
];
export const sharedSections: readonly LiveSection[] = ['health', 'gaps', 'signals', 'life'];

export function snapshot(ports: ApiPorts, instrument: Instrument): LiveMessage {
  return {
    time: isoTime(ports.now()),
    instrument: { category: instrument.category, symbol: instrument.symbol },
    instruments: ports.instruments().map(({ category, symbol }) => ({ category, symbol })),
    ...readAll(ports, instrument, [...instrumentSections, ...sharedSections], CANDLES),
  };
}

/** Only the named sections; `time` is the runner's, so that ages can be told without the reader's clock. */
export function update(
  ports: ApiPorts,
  instrument: Instrument,
  sections: Iterable<LiveSection>,
): LiveMessage {
  return { time: isoTime(ports.now()), ...readAll(ports, instrument, sections, CHANGED_CANDLES) };
}

function readAll(
  ports: ApiPorts,
  instrument: Instrument,
  sections: Iterable<LiveSection>,
  candles: number,
): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  for (const section of sections) Object.assign(message, readSection(ports, instrument, section, candles));
  return message;
}

function readSection(
  ports: ApiPorts,
  instrument: Instrument,
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
      return {
        mode: presentMode(ports.mode()),
        health: presentHealth(ports.health()),
        readiness: presentReadiness(ports.readiness()),
        connectors: ports.connectors().map(presentConnector),
        topics: ports.topics().map(presentTopic),
        strategies: presentStrategies(ports.strategies()),
        // A ticker can turn bad without an event of its own.
        ticker: readTicker(ports, instrument),
      };
  }
}

/** With its last values also while it is not valid; null when it is not subscribed. */
function readTicker(ports: ApiPorts, instrument: Instrument): TickerPayload | null {
  const view = ports.ticker(instrument);
  return view === undefined ? null : presentTicker(instrument, view, true);
}
