/** Batches for the files of recorded trades, and what is found in them. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { RowWriter } from '../../../../runner/history/journal-rows.ts';
import type { JournalBatch, PlacedClaim } from '../../../../runner/history/messages.ts';
import type { TradeEvent } from '../../../../shared/events/market-events.ts';
import type { Instrument } from '../../../../shared/market.ts';
import { bitcoin, trade } from '../../intake/events.ts';

export const date = '2026-08-01';
export const midnight = Date.UTC(2026, 7, 1);
export const ether: Instrument = { category: 'spot', symbol: 'ETHUSDT' };

/** A trade whose id is its time, if it has no other. */
export type Told = { readonly place?: number; readonly trade: Partial<TradeEvent> };

export function batchOf(
  number: number,
  told: readonly Told[],
  more: Partial<JournalBatch> = {},
): JournalBatch {
  const rows = new RowWriter();
  for (const { place = 0, trade: fields } of told)
    rows.add(place, trade({ id: String(fields.timestamp), ...fields }));
  const usual = {
    known: number - 1,
    environment: 'simulated',
    keep: null,
    isCut: false,
    isLast: false,
    claims: [],
  } as const;
  return { number, ...usual, instruments: [bitcoin, ether], rows: rows.take(), ...more };
}

/** From and to after midnight. */
export function claim(from: number, to: number, more: Partial<PlacedClaim> = {}): PlacedClaim {
  return { place: 0, from: midnight + from, to: midnight + to, isMissed: false, ...more };
}

/** A file of the first instrument. */
export function fileOf(root: string, name: string): string {
  return path.join(root, 'simulated', 'linear', 'BTCUSDT', name);
}

export function idsIn(file: string): readonly string[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  assert.equal(lines.pop(), '', 'nothing is behind the last line');
  return lines.map((line) => (JSON.parse(line) as { id: string }).id);
}

/** Those that have an end; none when there is no such file. */
export function linesIn(file: string): readonly string[] {
  return statSync(file, { throwIfNoEntry: false }) === undefined
    ? []
    : readFileSync(file, 'latin1').split('\n').slice(0, -1);
}
