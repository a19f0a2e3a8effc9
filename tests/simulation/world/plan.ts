/** What goes wrong in a run, and when: drawn from the seed. */
import type { Fault as ExchangeFault } from '../../../connector/exchange/faults/fault-kinds.ts';
import type { Random } from '../../../connector/exchange/market/random.ts';
import type { Category } from '../../../shared/market.ts';
import type { Conduct } from './connector.ts';

type Market = Category | undefined;

/** One thing that goes wrong. */
export type Trouble =
  /** `side`: of raced sockets only the first, or the second, ones. */
  | { readonly kind: 'cut' | 'half_open'; readonly category: Market; readonly side?: 0 | 1 }
  /** Of raced sockets one side brings so many updates of a book less than the other. */
  | { readonly kind: 'leave_out'; readonly topic: string; readonly side: 0 | 1; readonly count: number }
  | { readonly kind: 'stall' | 'refuse' | 'silence_rest' | 'slow_network'; readonly ms: number }
  | { readonly kind: 'exchange'; readonly fault: ExchangeFault }
  | { readonly kind: 'kill_child' | 'terminate_child' }
  | { readonly kind: 'stop_child' | 'stop_runner'; readonly ms: number }
  /** `restart_runner` asks it to stop, as systemctl does; the service manager starts it again in both cases. */
  | { readonly kind: 'kill_runner' | 'restart_runner' }
  /** The next children do not do what they should. */
  | { readonly kind: 'bad_children'; readonly conducts: readonly (Conduct | 'cannot start')[] }
  /** The machine's wall clock is wrong for a while. */
  | { readonly kind: 'set_clock'; readonly offMs: number; readonly ms: number };

export type PlannedTrouble = { readonly at: number; readonly trouble: Trouble };

/** Before this everything comes up; after this nothing goes wrong any more. */
export const TROUBLE_FROM_MS = 10_000;
export const TROUBLE_UNTIL_MS = 420_000;

const FEWEST = 5;
const MOST = 14;

export function drawPlan(random: Random): readonly PlannedTrouble[] {
  const count = FEWEST + random.below(MOST - FEWEST + 1);
  const planned: PlannedTrouble[] = [];
  let at = TROUBLE_FROM_MS;
  for (let index = 0; index < count; index += 1) {
    // Now and then troubles come together, before the last one is over.
    const together = index > 0 && random.fraction() < 0.4;
    at = together ? at + random.exponential() * 1_000 : between(random, TROUBLE_FROM_MS, TROUBLE_UNTIL_MS);
    planned.push({ at: Math.min(at, TROUBLE_UNTIL_MS), trouble: drawTrouble(random) });
  }
  return planned.toSorted((a, b) => a.at - b.at);
}

/** What happens to raced sockets beside all else: faults that strike one side, so that the other one has to make up for it. */
export function drawRacedPlan(random: Random): readonly PlannedTrouble[] {
  return Array.from({ length: 4 + random.below(9) }, () => ({
    at: between(random, TROUBLE_FROM_MS, TROUBLE_UNTIL_MS),
    trouble: drawOneSided(random),
  }));
}

function drawOneSided(random: Random): Trouble {
  const side = random.fraction() < 0.5 ? 0 : 1;
  const kind = pick(random, ['cut', 'half_open', 'leave_out'] as const);
  if (kind !== 'leave_out') return { kind, category: market(random), side };
  return { kind, topic: `orderbook.50.${linear}`, side, count: 1 + random.below(3) };
}

function drawTrouble(random: Random): Trouble {
  return pick(random, makers)(random);
}

const makers: readonly ((random: Random) => Trouble)[] = [
  (random) => ({ kind: 'cut', category: market(random) }),
  (random) => ({ kind: 'cut', category: market(random) }),
  (random) => ({ kind: 'half_open', category: market(random) }),
  (random) => ({ kind: 'stall', ms: duration(random, 200, 30_000) }),
  (random) => ({ kind: 'refuse', ms: duration(random, 500, 60_000) }),
  (random) => ({ kind: 'silence_rest', ms: duration(random, 1_000, 60_000) }),
  (random) => ({ kind: 'slow_network', ms: duration(random, 1_000, 60_000) }),
  (random) => ({ kind: 'exchange', fault: drawExchangeFault(random) }),
  (random) => ({ kind: 'exchange', fault: drawExchangeFault(random) }),
  (random) => ({ kind: 'exchange', fault: drawExchangeFault(random) }),
  (random) => ({ kind: 'exchange', fault: drawExchangeFault(random) }),
  () => ({ kind: 'kill_child' }),
  () => ({ kind: 'kill_child' }),
  () => ({ kind: 'terminate_child' }),
  () => ({ kind: 'kill_runner' }),
  () => ({ kind: 'restart_runner' }),
  (random) => ({ kind: 'stop_child', ms: duration(random, 100, 40_000) }),
  (random) => ({ kind: 'stop_runner', ms: duration(random, 100, 40_000) }),
  (random) => ({ kind: 'bad_children', conducts: drawConducts(random) }),
  (random) => {
    const sign = random.fraction() < 0.5 ? -1 : 1;
    return {
      kind: 'set_clock',
      offMs: sign * duration(random, 100, 3_600_000),
      ms: duration(random, 1_000, 60_000),
    };
  },
];

const linear = 'AAAUSDT';

function drawExchangeFault(random: Random): ExchangeFault {
  const category = market(random);
  const narrowed = category === undefined ? {} : { category };
  const book = { category: 'linear', topic: `orderbook.50.${linear}` } as const;
  const count = 1 + random.below(3);
  const faults: readonly ExchangeFault[] = [
    { kind: 'drop', ...narrowed },
    { kind: 'close_code', code: 1001, ...narrowed },
    { kind: 'skip_update', ...book },
    { kind: 'restart_book', ...book },
    { kind: 'cross_book', ...book },
    { kind: 'duplicate_frame', count, ...book },
    { kind: 'reorder_frames', count, ...book },
    { kind: 'mute', ms: duration(random, 500, 30_000), ...book },
    { kind: 'duplicate_frame', count, category: 'linear', topic: `publicTrade.${linear}` },
    { kind: 'malformed_frame', ...narrowed },
    { kind: 'half_open', new_sockets: false, ...narrowed },
    { kind: 'freeze', new_sockets: false, ...narrowed },
    { kind: 'delay', delay_ms: duration(random, 50, 5_000), ms: duration(random, 500, 30_000), ...narrowed },
    { kind: 'slow_drip', ms: duration(random, 500, 10_000), ...narrowed },
    {
      kind: 'delay_ack',
      delay_ms: duration(random, 50, 8_000),
      ms: duration(random, 500, 60_000),
      ...narrowed,
    },
    { kind: 'lost_ack', count, ...narrowed },
    { kind: 'dead_on_arrival', count: 1, ...narrowed },
    { kind: 'refuse_connections', status: 503, ms: duration(random, 500, 60_000), ...narrowed },
    { kind: 'rest_error', calls: count, http_status: 502 },
    { kind: 'rest_error', calls: count, ret_code: 10_016 },
    { kind: 'rest_delay', delay_ms: duration(random, 50, 12_000), ms: duration(random, 500, 60_000) },
    { kind: 'rest_stale', lag_ms: duration(random, 100, 3_000), ms: duration(random, 500, 60_000) },
    { kind: 'rest_truncated', calls: count, cut: random.fraction() < 0.5 },
    { kind: 'rate_limit', calls: count },
    { kind: 'clock_skew', offset_ms: random.below(2_000) - 1_000, ms: duration(random, 1_000, 60_000) },
  ];
  return pick(random, faults);
}

function drawConducts(random: Random): readonly (Conduct | 'cannot start')[] {
  const conducts: readonly (Conduct | 'cannot start')[] = [
    { kind: 'ends', code: 1 },
    { kind: 'ends', code: 75 },
    { kind: 'mute' },
    { kind: 'deaf' },
    'cannot start',
  ];
  return Array.from({ length: 1 + random.below(4) }, () => pick(random, conducts));
}

function market(random: Random): Market {
  const picked = pick(random, ['linear', 'spot', 'all', 'all'] as const);
  return picked === 'all' ? undefined : picked;
}

/** Short ones more often than long ones. */
function duration(random: Random, least: number, most: number): number {
  return Math.round(least * (most / least) ** random.fraction());
}

function between(random: Random, from: number, to: number): number {
  return from + random.fraction() * (to - from);
}

function pick<T>(random: Random, list: readonly T[]): T {
  const found = list[random.below(list.length)];
  if (found === undefined) throw new Error('there is nothing to pick from');
  return found;
}
