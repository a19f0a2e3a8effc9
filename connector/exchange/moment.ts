/** One reading of both clocks: `unix` (ms since 1970, for what the market writes) and `mono` (ms, for what is due). */
export interface Moment {
  readonly unix: number;
  readonly mono: number;
}
