/** Price levels as the exchange writes them, in frames and in its REST answers: `["price","size"]`. */
import type { Level } from '../../shared/market.ts';
import { decimal, positive } from './values.ts';

/** The levels of one side; undefined when one cannot be read or there are more than `most`. */
export function readLevels(rows: unknown, most: number): readonly Level[] | undefined {
  if (!Array.isArray(rows) || rows.length > most) return undefined;
  const levels: Level[] = [];
  for (const row of rows as readonly unknown[]) {
    if (!Array.isArray(row)) return undefined;
    const price = positive(row[0]);
    const qty = decimal(row[1]);
    if (price === undefined || qty === undefined) return undefined;
    levels.push([price, qty]);
  }
  return levels;
}
