/** `npm run history` in tests: started as a user would, and what it left read by hand. */
import assert from 'node:assert/strict';
import { HistoryStore } from '../../connector/history/io/history-store.ts';
import { rowsOf } from '../../connector/history/io/trade-rows.ts';
import type { DayKey } from '../../connector/history/store/paths.ts';
import { spanOfDay } from '../../connector/history/store/spans.ts';
import type { TradeRow } from '../../connector/history/store/verification.ts';
import { type HistoryRangeEvent, historyEventSchema } from '../../shared/events/history-events.ts';
import { type Exchange, type Program, startProgram, temporaryFolder } from './processes.ts';

/** Against this exchange. */
export function startHistory(
  exchange: Exchange,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Program {
  return startProgram(['connector/main.ts', 'history', '--environment', 'simulated', ...args], {
    BYBIT_REST_BASE_URL: exchange.url,
    TIME_SCALE: '0.05',
    // What is remembered there is nothing of another test.
    DATA_DIR: temporaryFolder(),
    ...env,
  });
}

/** Every line is an event of the contract, and none is missing. */
export function rangesOf(program: Program): readonly HistoryRangeEvent[] {
  const events = program.stdout.map((line) => historyEventSchema.parse(JSON.parse(line)));
  assert.deepEqual(
    events.map(({ n }) => n),
    events.map((_, index) => index + 1),
  );
  return events.flatMap((event) => (event.type === 'history_range' ? [event] : []));
}

export function keyOf(date: string): DayKey {
  return { environment: 'simulated', category: 'linear', symbol: 'BTCUSDT', date };
}

/** What a program that has seen nothing of the run finds: a day that is trusted, in order, without doubles. */
export async function storedDay(out: string, date: string): Promise<readonly TradeRow[]> {
  const store = new HistoryStore({ root: out, unixMs: Date.now });
  try {
    assert.equal((await store.judge(keyOf(date))).kind, 'trusted', date);
    const rows: TradeRow[] = [];
    for await (const batch of store.tradesOf(keyOf(date), spanOfDay(date))) rows.push(...rowsOf(batch));
    assert.ok(
      rows.every(({ timestamp }, index) => timestamp >= (rows[index - 1]?.timestamp ?? 0)),
      'in order',
    );
    assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length, 'no trade twice');
    return rows;
  } finally {
    await store.close();
  }
}
