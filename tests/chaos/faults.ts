/**
 * The matrix of faults: what is ordered, when it is over, and what may then be in the ledger, channel by channel.
 *
 * Every kind of fault of the exchange has a row (matrix.test.ts fails otherwise).
 */
import type { FaultKind } from '../../connector/exchange/faults/fault-kinds.ts';
import type { GapCause } from '../../shared/events/process-events.ts';
import type { Category, Channel } from '../../shared/market.ts';
import type { Market } from './world.ts';

/** What a fault does to a channel: nothing that a gap should tell, or one of these causes must be told, and others may be. */
export type Effect = { readonly must: readonly GapCause[]; readonly may: readonly GapCause[] };

/**
 * When a fault has had its effect and is cleared: at once, when its count is used up, when its time is over, when a gap tells it, or
 * when it is used up and the audit has had its time to find the trades that are missing.
 */
export type Ending = 'at once' | 'used up' | 'by itself' | 'noticed' | 'audited';

export type Known = {
  /** Undefined: of no channel in particular. */
  readonly channel: Channel | undefined;
  /** Only of these markets; of all when it is left out. */
  readonly categories?: readonly Category[];
  /** Only where the child was killed, or only where it was not; of both when it is left out. */
  readonly killed?: boolean;
  readonly pattern: RegExp;
  /** Why it is so, in one sentence; it is part of the report. */
  readonly why: string;
};

export type Row = {
  readonly kind: FaultKind;
  /** Orders that concern the topics of one market. */
  readonly perMarket?: (market: Market, scale: number) => readonly object[];
  /** Orders that concern everything. */
  readonly orders?: (scale: number) => readonly object[];
  /** The sockets are cut as well, and kept out for a while: what follows a break is what the fault spoils. */
  readonly withBreak?: boolean;
  /** Once more when the fault is over: only new sockets ask again for what was refused. */
  readonly breakAfter?: boolean;
  readonly ending: Ending;
  readonly effects: (market: Market) => Readonly<Partial<Record<Channel, Effect>>>;
  /** REST cannot be relied upon: a gap may have grown out of its reach before it could be read. */
  readonly spoilsRest?: boolean;
  /** What is known not to hold, so that the report says it instead of hiding it. */
  readonly known?: readonly Known[];
};

const none: Effect = { must: [], may: [] };
const cut: Effect = { must: ['socket_lost'], may: ['resubscribed', 'data_silent'] };
const seldomCut: Effect = { must: [], may: ['socket_lost', 'resubscribed', 'data_silent'] };
const silent: Effect = { must: ['data_silent', 'resubscribed', 'socket_lost'], may: [] };
const seldomSilent: Effect = { must: [], may: silent.must };
const broken: Effect = { must: ['book_broken'], may: ['resubscribed'] };
/**
 * The audit finds what is left out of trades, where the list still reaches it; or, where a pause follows, the question whether the
 * market is quiet does: then the topic is asked for anew.
 */
const foundByAudit: Effect = { must: [], may: ['data_silent', 'resubscribed'] };
const maybeBroken: Effect = { must: [], may: ['book_broken', 'resubscribed'] };

const afterCut = () => ({ trades: cut, depth: cut, ticker: cut, kline: seldomCut, liquidation: seldomCut });
const afterSilence = () => ({
  trades: silent,
  depth: silent,
  ticker: silent,
  kline: seldomSilent,
  liquidation: seldomSilent,
});
/** Data that stands still for longer than its topic ever does looks like silence until it comes. */
const stalled = () => ({ trades: seldomSilent, depth: seldomSilent, ticker: seldomSilent });
const untouched = () => ({});

/** The exchange's names of all topics, or of those channels. */
function topics(market: Market, ...channels: readonly Channel[]): readonly string[] {
  return Object.entries(market.topics).flatMap(([channel, topic]) =>
    channels.length === 0 || channels.some((one) => one === channel) ? [topic] : [],
  );
}

function each(kind: FaultKind, more: object = {}, ...channels: readonly Channel[]) {
  return (market: Market): readonly object[] =>
    topics(market, ...channels).map((topic) => ({ kind, category: market.category, topic, ...more }));
}

const seldomListed =
  'the audit finds what was left out by the list of newest trades, of which spot has 60: what is older when it is read is not found';
const forgotten =
  'a child that died remembers nothing of what it had told, so that the audit has nothing to hold a list against';
const uncountable =
  'no number in the stream shows that a frame of this channel was left out, and one socket has no second witness';

export const rows: readonly Row[] = [
  { kind: 'drop', orders: () => [{ kind: 'drop' }], ending: 'at once', effects: afterCut },
  {
    kind: 'close_code',
    orders: () => [{ kind: 'close_code', code: 1012 }],
    ending: 'at once',
    effects: afterCut,
  },
  { kind: 'refuse_connections', withBreak: true, ending: 'by itself', effects: afterCut },
  {
    kind: 'mute',
    perMarket: each('mute'),
    ending: 'noticed',
    effects: afterSilence,
    known: [
      {
        channel: 'liquidation',
        pattern: /lies in no gap/,
        why: 'a mute topic of liquidations cannot be told from a market without any',
      },
    ],
  },
  { kind: 'half_open', orders: () => [{ kind: 'half_open' }], ending: 'noticed', effects: afterSilence },
  { kind: 'freeze', orders: () => [{ kind: 'freeze' }], ending: 'noticed', effects: afterSilence },
  {
    kind: 'dead_on_arrival',
    withBreak: true,
    perMarket: ({ category }) => [{ kind: 'dead_on_arrival', category, count: 1 }],
    ending: 'used up',
    effects: afterCut,
  },
  {
    kind: 'skip_update',
    perMarket: each('skip_update'),
    ending: 'audited',
    effects: () => ({ trades: foundByAudit, depth: broken }),
    known: [
      {
        channel: 'trades',
        categories: ['spot'],
        pattern: /neither on the tape nor in a gap/,
        why: seldomListed,
      },
      { channel: 'trades', killed: true, pattern: /neither on the tape nor in a gap/, why: forgotten },
      { channel: 'liquidation', pattern: /lies in no gap/, why: uncountable },
      // Until that field changes again; seldom is for a funding rate. Those of spot are whole each time.
      {
        channel: 'ticker',
        categories: ['linear', 'inverse'],
        pattern: /^later: \w+ is \S+ and was/,
        why: uncountable,
      },
    ],
  },
  {
    kind: 'restart_book',
    perMarket: (market) =>
      each(
        'restart_book',
        {},
        ...(market.category === 'spot' ? ['depth' as const] : ['depth' as const, 'ticker' as const]),
      )(market),
    ending: 'at once',
    effects: () => ({ depth: maybeBroken }),
  },
  {
    kind: 'cross_book',
    perMarket: each('cross_book', {}, 'depth'),
    ending: 'at once',
    effects: () => ({ depth: maybeBroken }),
  },
  {
    kind: 'wrong_level',
    perMarket: each('wrong_level', {}, 'depth'),
    ending: 'at once',
    // Nothing in the stream shows it: the audit finds it, unless the level changes first.
    effects: () => ({ depth: maybeBroken }),
  },
  {
    kind: 'reorder_frames',
    perMarket: each('reorder_frames'),
    ending: 'used up',
    effects: () => ({ depth: broken }),
    known: [
      {
        channel: 'liquidation',
        pattern: /lies in no gap|out of order/,
        why: 'liquidations carry no number: frames in the wrong order cannot be told from frames in the right one',
      },
    ],
  },
  {
    kind: 'duplicate_frame',
    perMarket: each('duplicate_frame', { count: 2 }),
    ending: 'used up',
    effects: () => ({ depth: maybeBroken }),
    known: [
      {
        channel: 'liquidation',
        pattern: /told (twice|again)/,
        why: 'liquidations have no id: the same one sent twice cannot be told from two',
      },
    ],
  },
  {
    kind: 'malformed_frame',
    orders: () => [{ kind: 'malformed_frame' }],
    ending: 'at once',
    // Half a text may have been of any topic of the socket; a book knows by its own numbers that it missed nothing.
    effects: ({ symbol }) => {
      const bad: Effect = { must: ['bad_frame'], may: ['resubscribed'] };
      const maybeBad: Effect = { must: [], may: ['bad_frame', 'resubscribed', 'book_broken'] };
      const depth =
        symbol === 'BTCUSDT' ? { ...bad, may: ['book_broken', 'resubscribed'] as const } : maybeBad;
      return { trades: bad, depth, ticker: bad, kline: maybeBad, liquidation: maybeBad };
    },
  },
  {
    kind: 'lost_ack',
    withBreak: true,
    perMarket: ({ category }) => [{ kind: 'lost_ack', category, count: 1 }],
    ending: 'used up',
    effects: afterCut,
  },
  {
    kind: 'delay_ack',
    withBreak: true,
    orders: (scale) => [{ kind: 'delay_ack', delay_ms: 7_000 * scale, ms: 20_000 * scale }],
    ending: 'by itself',
    effects: afterCut,
  },
  {
    kind: 'refuse_topic',
    withBreak: true,
    breakAfter: true,
    perMarket: each('refuse_topic'),
    ending: 'noticed',
    effects: afterCut,
  },
  {
    kind: 'delay',
    // Where it looks like silence the first trade behind the gap comes late, too, and the list is read later still.
    spoilsRest: true,
    orders: (scale) => [{ kind: 'delay', delay_ms: 2_000 * scale, ms: 8_000 * scale }],
    ending: 'by itself',
    effects: stalled,
  },
  {
    kind: 'slow_drip',
    spoilsRest: true,
    orders: (scale) => [{ kind: 'slow_drip', ms: 2_500 * scale }],
    ending: 'by itself',
    effects: stalled,
  },
  {
    kind: 'clock_skew',
    orders: (scale) => [{ kind: 'clock_skew', offset_ms: 2_500, ms: 10_000 * scale }],
    ending: 'by itself',
    effects: untouched,
  },
  {
    kind: 'rate_limit',
    withBreak: true,
    spoilsRest: true,
    orders: () => [{ kind: 'rate_limit', calls: 3 }],
    ending: 'used up',
    effects: afterCut,
  },
  {
    kind: 'ban',
    withBreak: true,
    spoilsRest: true,
    orders: (scale) => [{ kind: 'ban', ms: 10_000 * scale }],
    ending: 'by itself',
    effects: afterCut,
    known: [
      {
        channel: 'trades',
        pattern: /within the reach of REST and is not healed/,
        why: 'an address that was shut out asks nobody for ten minutes, so the gap stays open for the archive',
      },
    ],
  },
  {
    kind: 'rest_delay',
    withBreak: true,
    spoilsRest: true,
    orders: (scale) => [{ kind: 'rest_delay', delay_ms: 4_000 * scale, ms: 10_000 * scale }],
    ending: 'by itself',
    effects: afterCut,
  },
  {
    kind: 'rest_error',
    withBreak: true,
    spoilsRest: true,
    orders: () => [{ kind: 'rest_error', calls: 3, http_status: 502 }],
    ending: 'used up',
    effects: afterCut,
  },
  {
    kind: 'rest_stale',
    withBreak: true,
    spoilsRest: true,
    orders: (scale) => [{ kind: 'rest_stale', lag_ms: 7_500 * scale, ms: 15_000 * scale }],
    ending: 'by itself',
    effects: afterCut,
  },
  {
    kind: 'rest_truncated',
    withBreak: true,
    spoilsRest: true,
    orders: () => [
      { kind: 'rest_truncated', calls: 2 },
      { kind: 'rest_truncated', calls: 2, cut: true },
    ],
    ending: 'used up',
    effects: afterCut,
  },
  {
    kind: 'rest_slow',
    withBreak: true,
    spoilsRest: true,
    orders: (scale) => [{ kind: 'rest_slow', bytes_per_s: 20_000, ms: 10_000 * scale }],
    ending: 'by itself',
    effects: afterCut,
  },
  {
    kind: 'rest_reset',
    withBreak: true,
    spoilsRest: true,
    orders: () => [{ kind: 'rest_reset', calls: 3 }],
    ending: 'used up',
    effects: afterCut,
  },
  {
    kind: 'archive_defect',
    // The live channels never read the archive: ordered for a file that nobody asks for, it must change nothing.
    orders: () => [{ kind: 'archive_defect', path: '/trading/', defect: 'bad_row' }],
    ending: 'at once',
    effects: untouched,
  },
];

/** What a channel's gaps may say after this fault, the child killed in the middle of it or not. */
export function effectOn(row: Row, market: Market, channel: Channel, killed: boolean): Effect {
  const ordered = row.effects(market)[channel] ?? none;
  // Candles are pushed when something was traded: a calm of some seconds may look like silence, and is healed at once.
  const effect = channel === 'kline' ? { ...ordered, may: [...ordered.may, ...silent.must] } : ordered;
  if (!killed) return effect;
  // A child that dies may not have told what it saw; what it told before has no end yet, and then the death begins no gap of its own.
  const comesOften = channel === 'trades' || channel === 'depth' || channel === 'ticker';
  return {
    must: comesOften ? ['child_died', ...effect.must, ...effect.may] : [],
    may: ['child_died', ...effect.may, ...effect.must],
  };
}
