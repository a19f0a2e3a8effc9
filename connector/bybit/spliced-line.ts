/** What the lines of a topic have in common. */
import type { Category, Instrument } from '../../shared/market.ts';
import { ascii } from './frame-shape.ts';

/** Of one instrument: made once, not for each frame. */
export type LineStart = {
  readonly category: Category;
  readonly symbol: string;
  /** The symbol in quotes, as frames have it. */
  readonly quoted: Uint8Array;
  /** The line between its number and its time. */
  readonly bytes: Uint8Array;
};

export function lineStart({ category, symbol }: Instrument): LineStart {
  return {
    category,
    symbol,
    quoted: ascii(`"${symbol}"`),
    bytes: ascii(`,"category":"${category}","symbol":"${symbol}","timestamp":`),
  };
}
