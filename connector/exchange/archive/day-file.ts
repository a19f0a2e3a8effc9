/**
 * The text of one day file in pieces: nothing but a minute of it is in memory at a time.
 */
import type { Feed } from '../feeds/topics.ts';
import { CsvLines } from './csv.ts';
import { layoutOf } from './layout.ts';

/** What can be wrong with a file on command: a row that no reader should take, or another market's trades. */
export type Defect = 'bad_row' | 'other_symbol';

/** Which file: a market and a day (its first ms), as it is or spoilt. */
export interface DayFile {
  readonly feed: Feed;
  readonly day: number;
  readonly defect: Defect | undefined;
}

/** Bytes of a piece, about. */
const PIECE = 65_536;
/** Half of a line and no numbers. */
const BAD_ROW = 'Infinity,?,Hold,-1,cheap';

/** The file's text; in between nothing is kept of it, so that a reader can be slow. */
export function* textOf({ feed, day, defect }: DayFile): Generator<string, void> {
  const { past, instrument } = feed;
  const trades = tradesOf(feed, day);
  const layout = layoutOf(instrument.category, day, trades);
  const lines = new CsvLines(instrument, layout);
  const reversed: string[] = [];
  let piece = `${lines.header}\n`;
  let isSpoilt = defect !== 'bad_row';
  let written = 0;
  for (const rows of past.rows(day)) {
    lines.begin(rows);
    for (let index = 0; index < rows.count; index += 1) {
      const line = lines.line(rows, index);
      if (layout.isDescending) reversed.push(line);
      else piece += `${line}\n`;
      if (piece.length < PIECE) continue;
      yield piece;
      piece = '';
    }
    written += rows.count;
    if (isSpoilt || written < trades / 2) continue;
    isSpoilt = true;
    piece += `${BAD_ROW}\n`;
  }
  if (!isSpoilt) piece += `${BAD_ROW}\n`;
  for (let index = reversed.length - 1; index >= 0; index -= 1) {
    piece += `${reversed[index] ?? ''}\n`;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

function tradesOf({ past }: Feed, day: number): number {
  return (past.isMade(day) ? past.options.tradesPerDay : 0) + past.log.countOf(day);
}
