/**
 * The cursor of /trades/range and /gaps: the place of the last row that was given, as text that a caller passes back unread.
 *
 * It carries a short hash over the place and the range it belongs to, so that a cursor which was cut, changed, or taken
 * from another range is refused instead of quietly skipping rows. It is no secret: whoever forges one only reads trades.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ROWS_MAX } from '../../shared/history-request.ts';
import type { RangePosition } from '../stored/range.ts';
import { ApiError } from './api-error.ts';

/** Longer than any cursor of a trade: an id of 64 characters may take 6 each as JSON, and base64 a third more. */
export const MAX_CURSOR_LENGTH = 600;
/** Of a gap: its connector's name for it, with a generation of ours behind. */
const MAX_ID_LENGTH = 120;

const placeSchema = z.tuple([
  z.number().int().positive(),
  z.number().int().nullable(),
  z.string().min(1).max(MAX_ID_LENGTH),
  z.number().int().min(1).max(ROWS_MAX).optional(),
]);

/** `range` is any text that tells this range from others. */
export function encodeCursor(position: RangePosition, range: string): string {
  const place = JSON.stringify(listed(position));
  return `${Buffer.from(place).toString('base64url')}.${digest(place, range)}`;
}

/** Throws `invalid_cursor` for anything that `encodeCursor` did not make for this range. */
export function decodeCursor(cursor: string, range: string): RangePosition {
  const [payload = '', signature = '', ...rest] = cursor.split('.');
  const place = Buffer.from(payload, 'base64url').toString();
  const untouched =
    rest.length === 0 &&
    signature === digest(place, range) &&
    payload === Buffer.from(place).toString('base64url');
  const parsed = placeSchema.safeParse(untouched ? parseJson(place) : null);
  if (!parsed.success) {
    throw new ApiError(
      'invalid_cursor',
      'cursor: must be the one from the Link header of the page before, with all other parameters as they were',
    );
  }
  const [timestamp, seq, id, told] = parsed.data;
  return told === undefined ? { timestamp, seq, id } : { timestamp, seq, id, told };
}

function listed({ timestamp, seq, id, told }: RangePosition): readonly unknown[] {
  return told === undefined ? [timestamp, seq, id] : [timestamp, seq, id, told];
}

function digest(place: string, range: string): string {
  return createHash('sha256').update(`${place}\n${range}`).digest('base64url').slice(0, 16);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
