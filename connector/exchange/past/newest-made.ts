/**
 * The newest trades before the exchange was born, as GET /v5/market/recent-trade tells them.
 */
import type { Instrument } from '../market/instruments.ts';
import { DAY_MS, dayOf } from './day.ts';
import type { MadeDay } from './made-day.ts';
import type { TradeRows } from './trade-rows.ts';

/** A made trade as REST tells it: `at` in ms, price in ticks, size in lots. */
export interface MadeTrade {
  readonly id: string;
  readonly at: number;
  readonly price: number;
  readonly size: number;
  readonly side: 'Buy' | 'Sell';
  readonly isRpi: boolean;
  readonly seq: number;
}

/** As many as REST gives out at once, from so many days at most: a quiet market has fewer. */
const NEWEST_MOST = 1000;
const NEWEST_DAYS = 3;
/** The cross sequence between two made trades. */
const SEQ_STEP = 1500;
/** Live spot ids begin above it (market/trade-ids.ts). */
const SPOT_ID_LEAST = 2_199_999_999_999_999_999n;

/** The newest first; `madeDay` gives the plan of a day, if the market has it. */
export function newestBefore(
  instrument: Instrument,
  { bornAt, seqAtBirth }: { readonly bornAt: number; readonly seqAtBirth: number },
  madeDay: (day: number) => MadeDay | undefined,
): readonly MadeTrade[] {
  const list: MadeTrade[] = [];
  for (let back = 0; back < NEWEST_DAYS && list.length < NEWEST_MOST; back += 1) {
    const made = madeDay(dayOf(bornAt - 1) - back * DAY_MS);
    const rows = made?.room();
    if (made === undefined || rows === undefined) break;
    for (let minute = made.minutes - 1; minute >= 0 && list.length < NEWEST_MOST; minute -= 1) {
      made.fill(minute, rows);
      for (let index = rows.count - 1; index >= 0; index -= 1)
        list.push(madeTrade(instrument, rows, index, list.length, seqAtBirth));
    }
  }
  return list;
}

/** Spot ids are numbers here, below all that the live market gives; its archive has none of them. */
function madeTrade(
  instrument: Instrument,
  rows: TradeRows,
  index: number,
  place: number,
  seqAtBirth: number,
): MadeTrade {
  const isSpot = instrument.category === 'spot';
  return {
    id: isSpot ? String(SPOT_ID_LEAST - BigInt(place)) : rows.idOf(rows.first + index),
    at: Math.floor((rows.at[index] ?? 0) / 10),
    price: rows.price[index] ?? 0,
    size: rows.size[index] ?? 0,
    side: rows.isSell[index] === 1 ? 'Sell' : 'Buy',
    isRpi: rows.isRpi[index] === 1,
    seq: seqAtBirth - (place + 1) * SEQ_STEP,
  };
}
