/** Is a line of a recording a trade? As the database judges it (../store/recording-sql.ts). */
import type { Side } from '../../../shared/market.ts';

export type RecordedTrade = {
  readonly timestamp: number;
  readonly id: string;
  readonly price: number;
  readonly qty: number;
  readonly side: Side;
  readonly seq?: number | null;
  readonly block?: boolean | null;
  readonly rpi?: boolean | null;
};

export function isRecordedTrade(value: unknown): value is RecordedTrade {
  if (typeof value !== 'object' || value === null) return false;
  const { timestamp, id, price, qty, side, seq, block, rpi }: Partial<Record<string, unknown>> = { ...value };
  return (
    Number.isSafeInteger(timestamp) &&
    Number(timestamp) >= 0 &&
    typeof id === 'string' &&
    id.length >= 1 &&
    id.length <= 64 &&
    isAmount(price) &&
    isAmount(qty) &&
    (side === 'buy' || side === 'sell') &&
    (seq === undefined || seq === null || Number.isSafeInteger(seq)) &&
    isMark(block) &&
    isMark(rpi)
  );
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

function isMark(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'boolean';
}
