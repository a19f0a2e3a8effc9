/** What the API asks of the numbers that are reckoned from trades, liquidations and books (ports.ts has the rest). */
import type { InstrumentEvent } from '../../shared/events/market-events.ts';
import type { Instrument } from '../../shared/market.ts';
import type { UnixMs } from '../../shared/time.ts';
import type { BackfillView } from '../backfill/ports.ts';
import type { DaySums } from '../context/day/day-sums.ts';
import type { DayFigures } from '../context/day/figures.ts';
import type { Session } from '../context/day/sessions.ts';
import type { CvdPeriod, CvdView } from '../context/flow/cvd.ts';
import type { LiquidationClustersView } from '../context/flow/liquidation-clusters.ts';
import type { VolumeDeltaBlock, VolumeDeltaView } from '../context/flow/volume-delta.ts';

/** Today and the day before of one instrument. */
export type DaysView = {
  /** Exchange time up to which today is told. */
  readonly at: UnixMs;
  readonly session: Session;
  readonly today: DayFigures;
  readonly previous: DayFigures;
  /** What the levels of today are made of. */
  readonly sums: DaySums;
  /** Trades that neither day took: of a day before, or of a time that has not come. */
  readonly leftOut: { readonly tooOld: number; readonly inFuture: number };
};

/** Undefined always means that the trades (of `clusters`: the liquidations) of this symbol are not wanted. */
export type ContextPorts = {
  readonly days: (instrument: Instrument) => DaysView | undefined;
  readonly cvd: (instrument: Instrument) => CvdView | undefined;
  /** Periods that are over, newest first. */
  readonly cvdHistory: (instrument: Instrument, limit: number) => readonly CvdPeriod[] | undefined;
  /** Begins the CVD anew; answers how it is then. */
  readonly resetCvd: (instrument: Instrument) => CvdView | undefined;
  /** Of the last `period` seconds (1 to 3,600). */
  readonly volumeDelta: (instrument: Instrument, period: number) => VolumeDeltaView | undefined;
  /** Blocks of `period` seconds, newest first. */
  readonly volumeDeltaHistory: (
    instrument: Instrument,
    period: number,
    limit: number,
  ) => readonly VolumeDeltaBlock[] | undefined;
  /** `price`: what support and resistance are next to; undefined while none is known. */
  readonly clusters: (
    instrument: Instrument,
    price: number | undefined,
  ) => LiquidationClustersView | undefined;
  /** What the exchange says of it; undefined while that is not known. */
  readonly facts: (instrument: Instrument) => InstrumentEvent | undefined;
  readonly backfill: () => BackfillView;
};
