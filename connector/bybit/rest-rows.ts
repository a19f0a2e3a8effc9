/** Lists in answers of the REST interface: which rows could be read, and what was wrong with the first that could not. */
import { fail, ok, type Result } from '../../shared/errors.ts';
import type { Rows } from '../rest/market-rest.ts';
import { isRecord, isTime } from './values.ts';

/** Reads `result.list` row by row; a reader answers what is wrong with a row as a text. */
export function readRows<T extends object>(
  result: unknown,
  read: (row: unknown) => T | string,
): Result<Rows<T>> {
  const list = isRecord(result) ? result['list'] : undefined;
  if (!Array.isArray(list)) return fail('answer_bad', 'the answer has no list');
  const rows: T[] = [];
  let bad = 0;
  let firstBad: string | undefined;
  for (const row of list as readonly unknown[]) {
    const value = read(row);
    if (typeof value !== 'string') rows.push(value);
    else {
      bad += 1;
      firstBad ??= value;
    }
  }
  return ok({ rows, bad, firstBad });
}

/** Two pages of one list. */
export function joinRows<T>(one: Rows<T>, other: Rows<T>): Rows<T> {
  return {
    rows: [...one.rows, ...other.rows],
    bad: one.bad + other.bad,
    firstBad: one.firstBad ?? other.firstBad,
  };
}

/** A moment in ms that is written as text, as REST does; "0" and "" are none. */
export function timeText(text: unknown): number | undefined {
  if (typeof text !== 'string' || !/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return isTime(value) ? value : undefined;
}
