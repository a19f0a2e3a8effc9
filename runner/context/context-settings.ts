/** What the owner of the machine may set of the numbers that are reckoned from trades and liquidations. */
import type { Millis } from '../../shared/time.ts';
import type { BinSize } from './day/bin-size.ts';

export type ContextSettings = {
  /** CVD_RESET_SECONDS in ms: how often the cumulative volume delta begins anew. Not scaled by TIME_SCALE. */
  readonly cvdResetMs: Millis;
  /** PROFILE_TICK_SIZE: the width of a bin of the profile until the exchange's tick size is known. */
  readonly profileTickSize: string;
  /** LIQUIDATION_BIN_SIZE; undefined: a width that suits the price. */
  readonly liquidationBinSize: BinSize | undefined;
  /** LIQUIDATION_MAX_CLUSTERS: the most clusters that are shown. */
  readonly liquidationMaxClusters: number;
};

/** What holds where nothing is set. */
export const usualContextSettings: ContextSettings = {
  cvdResetMs: 3_600_000,
  profileTickSize: '0.1',
  liquidationBinSize: undefined,
  liquidationMaxClusters: 20,
};
