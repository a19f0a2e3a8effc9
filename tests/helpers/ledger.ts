/**
 * Compares what the exchange executed with what the runner knows: its tape and its list of gaps. What is healed is on the tape;
 * what lies in any other gap is not.
 */
import assert from 'node:assert/strict';
import type { Exchange, Runner } from './processes.ts';
import { until } from './until.ts';

export type Execution = {
  readonly id: string;
  /** ms */
  readonly T: number;
  readonly price: string;
  readonly size: string;
  readonly side: string;
};
type TapeRow = {
  readonly trade_id: string;
  readonly price: number;
  readonly qty: number;
  readonly side: string;
};
export type GapRow = {
  readonly gap_id: string;
  readonly state: string;
  readonly cause: string;
  readonly channel: string;
  readonly symbol: string;
  readonly category: string;
  readonly from: { readonly trade_id: string; readonly time: string } | null;
  readonly to: { readonly trade_id: string; readonly time: string } | null;
  /** How many trades it holds, when whoever told it counted them. */
  readonly missing: number | null;
  readonly healed_by: string | null;
  /** How many were told after all. */
  readonly recovered: number | null;
};

/** Every execution of a symbol so far, oldest first. */
export async function executions(
  exchange: Exchange,
  category: string,
  symbol: string,
): Promise<readonly Execution[]> {
  const all: Execution[] = [];
  for (let after = ''; ; ) {
    const query = `category=${category}&symbol=${symbol}&limit=10000${after === '' ? '' : `&after=${after}`}`;
    const page = (await (await fetch(`${exchange.url}/sim/executions?${query}`)).json()) as
      | { list?: Execution[] }
      | Execution[];
    const rows = Array.isArray(page) ? page : (page.list ?? []);
    all.push(...rows);
    const last = rows.at(-1);
    if (last === undefined || rows.length < 10_000) return all;
    after = last.id;
  }
}

/** How many trades a symbol has made so far. */
export async function executedSoFar(exchange: Exchange, category: string, symbol: string): Promise<number> {
  const url = `${exchange.url}/sim/executions?category=${category}&symbol=${symbol}&limit=1`;
  return ((await (await fetch(url)).json()) as { total: number }).total;
}

/** The whole tape of a symbol, oldest first, by following the pages of /trades/range. */
export async function wholeTape(
  runner: Runner,
  category: string,
  symbol: string,
): Promise<readonly TapeRow[]> {
  const end = new Date(Date.now() + 3_600_000).toISOString();
  let next: string | undefined =
    `/trades/range?category=${category}&symbol=${symbol}&start_time=2020-01-01T00:00:00Z&end_time=${end}&limit=10000`;
  const rows: TapeRow[] = [];
  while (next !== undefined) {
    const response: Response = await fetch(`${runner.api}${next}`);
    assert.equal(response.status, 200, await response.clone().text());
    rows.push(...((await response.json()) as TapeRow[]));
    next = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
  }
  return rows.reverse();
}

export type LedgerSummary = {
  readonly executed: number;
  readonly onTape: number;
  readonly inGaps: number;
  readonly gaps: readonly GapRow[];
};

/**
 * Asserts that each execution since the first one on the tape is on the tape once, or inside exactly one gap that is not healed
 * and whose ends are the last trade before it and the first after it. Waits first until the newest execution has arrived.
 */
export async function checkLedger(
  exchange: Exchange,
  runner: Runner,
  category = 'linear',
  symbol = 'BTCUSDT',
): Promise<LedgerSummary> {
  const newest = (await executions(exchange, category, symbol)).at(-1);
  assert.ok(newest, 'nothing was executed');
  const newestUrl = `/trades?category=${category}&symbol=${symbol}&limit=1`;
  await until('the newest execution has passed', async () => {
    const [told] = await runner.get<{ readonly trade_id: string; readonly time: string }[]>(newestUrl);
    if (told === undefined || Date.parse(told.time) < newest.T) return false;
    if (told.trade_id === newest.id || Date.parse(told.time) > newest.T) return true;
    const tape = await wholeTape(runner, category, symbol);
    const truth = await executions(exchange, category, symbol);
    const last = tape.at(-1)?.trade_id;
    return truth.findIndex(({ id }) => id === last) >= truth.findIndex(({ id }) => id === newest.id);
  });
  // The truth last: what is on the tape by then has been executed.
  const tape = await wholeTape(runner, category, symbol);
  const gaps = await runner.get<GapRow[]>('/gaps');
  const truth = await executions(exchange, category, symbol);
  const mine = gaps.filter(
    (gap) => gap.channel === 'trades' && gap.symbol === symbol && gap.category === category,
  );
  const place = new Map(truth.map(({ id }, index) => [id, index]));
  const where = new Map<string, string>();
  const put = (id: string, what: string): void => {
    assert.equal(where.get(id), undefined, `${id} is ${where.get(id)} and ${what}`);
    where.set(id, what);
  };
  for (const row of tape) {
    const execution = truth[place.get(row.trade_id) ?? -1];
    assert.ok(execution, `the exchange never executed ${row.trade_id}`);
    assert.deepEqual(
      [row.price, row.qty, row.side],
      [Number(execution.price), Number(execution.size), execution.side],
    );
    put(row.trade_id, 'on the tape');
  }
  const first = place.get(tape[0]?.trade_id ?? '') ?? 0;
  const last = place.get(tape.at(-1)?.trade_id ?? '') ?? 0;
  for (const gap of mine) {
    if (gap.state === 'healed') continue;
    assert.ok(gap.from, `${gap.gap_id} has no beginning`);
    assert.ok(gap.to, `${gap.gap_id} has no end although trades came after it`);
    const from = place.get(gap.from.trade_id) ?? Number.NaN;
    const to = place.get(gap.to.trade_id) ?? Number.NaN;
    assert.ok(
      from < to,
      `${gap.gap_id} goes from ${gap.from.trade_id} (${from}) to ${gap.to.trade_id} (${to}) of ${truth.length}`,
    );
    for (const { id } of truth.slice(from + 1, to)) put(id, `inside ${gap.gap_id}`);
    for (const end of [gap.from.trade_id, gap.to.trade_id])
      assert.equal(where.get(end) ?? 'on the tape', 'on the tape', 'the ends are on the tape');
  }
  const missing = truth.slice(first, last + 1).filter(({ id }) => !where.has(id));
  assert.deepEqual(
    missing.slice(0, 5),
    [],
    `${missing.length} executions are neither on the tape nor in a gap`,
  );
  const ids = tape.map(({ trade_id }) => place.get(trade_id) ?? -1);
  assert.deepEqual(
    ids,
    ids.toSorted((a, b) => a - b),
    'the tape is in order',
  );
  return { executed: last - first + 1, onTape: tape.length, inGaps: where.size - tape.length, gaps: mine };
}
